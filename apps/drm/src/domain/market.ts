import { applyRate, type Rate } from '@solyx/kernel';
import type { Procurement } from '@solyx/contracts';
import type { Ask } from './ask';
import { gpuMilliOf } from './capacity';
import { leasedCost, lifePrice, ownedCost, REFERENCE_GPU_HOUR, sharedCost, type Cost, type Load } from './currency';
import type { Market } from './filter';
import type { NodeState, PartitionState } from './partition-state';
import { policyOf } from './policy';
import { pricesAt } from './pricing';

const NO_SLOT = 0;

/** Over all owned GPUs whose purchase is known: micro-USD per GPU-hour at full work, rounded; 0 where none is. */
export function ownedGpuHourOf({ nodeIds, nodes }: Pick<PartitionState, 'nodeIds' | 'nodes'>): bigint {
  let gpus = 0;
  let sum = 0n;
  for (const nodeId of nodeIds) {
    const node = nodes.get(nodeId);
    if (!node?.procurement || node.terms.source !== 'owned') continue;
    const count = node.facts.gpus.length;
    sum += applyRate(BigInt(count), lifePrice(node.procurement, count));
    gpus += count;
  }
  return gpus === 0 ? 0n : (sum + BigInt(gpus) / 2n) / BigInt(gpus);
}

/** By the list of node ids, which is another one whenever nodes or their purchases change. */
const KNOWN = new WeakMap<readonly string[], bigint>();

function gpuHourOf(state: PartitionState): bigint {
  const known = KNOWN.get(state.nodeIds);
  if (known !== undefined) return known;
  const found = ownedGpuHourOf(state);
  KNOWN.set(state.nodeIds, found);
  return found;
}

/**
 * What prices and links say at a time. Under a policy that has one currency, and where the purchase of an owned GPU is
 * known, what a place costs us is compared in owned GPU-hours; else the order of sources decides, as a rule.
 */
export function marketOf(state: PartitionState, at: string): Market {
  const { currency, budgetsCoverEgress } = policyOf(state.policy);
  const covers = budgetsCoverEgress ? { coversEgress: true } : {};
  const market = { entries: pricesAt(state, at), routes: state.routes, ...covers };
  const gpuHour = currency ? gpuHourOf(state) : 0n;
  return gpuHour === 0n ? market : { ...market, gpuHour };
}

/** What one micro-GPU is worth, for answers that need a figure whatever is known. */
export const exchangeOf = (state: PartitionState): bigint => {
  const gpuHour = gpuHourOf(state);
  return gpuHour === 0n ? REFERENCE_GPU_HOUR : gpuHour;
};

/** One node's share of a workload; data that moves is an opinion of its own. */
export const loadOf = (ask: Ask, egressMicroUsd = 0n): Load => ({
  gpuMilli: ask.gpuMilliTotal,
  cpuMilli: ask.cpuMilli,
  memoryMiB: ask.memoryMiB,
  runtimeSeconds: Math.floor(ask.runtimeMs / 1_000),
  egressMicroUsd,
});

const wholeOf = ({ facts }: NodeState) => ({
  gpuMilli: gpuMilliOf(facts),
  cpuMilli: facts.cpuMilli,
  memoryMiB: facts.memoryMiB,
});

/**
 * What serving a workload on a node costs us per hour of the work, as far as it does not depend on what is free there:
 * what the slot could serve else is for packing to say.
 */
export function standingCost(node: NodeState, ask: Ask, gpuHour: bigint, egressMicroUsd = 0n): Cost {
  const load = loadOf(ask, egressMicroUsd);
  const { terms, facts, procurement } = node;
  if (terms.source === 'leased') return leasedCost(terms, wholeOf(node), load, { gpuHour });
  if (terms.source === 'shared') return sharedCost(terms, wholeOf(node), load, gpuHour);
  return ownedCost(procurement, facts.gpus.length, load, { microGpu: NO_SLOT, gpuHour });
}

const RATES = new WeakMap<Procurement, string>();

const textOf = ({ numerator, denominator }: Rate): string => `${numerator}/${denominator}`;

/** Nodes of one name cost the same for the same work. */
export function costName({ terms, facts, procurement }: NodeState): string {
  const size = `${facts.gpus.length}/${facts.cpuMilli}/${facts.memoryMiB}`;
  const { source, costMicroUsdPerHour, healthPerMille = '' } = terms;
  if (source !== 'owned') return `${size}/${costMicroUsdPerHour}/${healthPerMille}`;
  if (!procurement) return size;
  const known =
    RATES.get(procurement) ?? `${textOf(lifePrice(procurement, 1))}/${procurement.method}/${procurement.maxWatts}`;
  RATES.set(procurement, known);
  return `${size}/${known}`;
}
