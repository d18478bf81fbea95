import type { NodeFigures } from '@solyx/contracts';
import { FleetMeasured } from '@solyx/contracts/drm';
import { accept, type Command, type Decider } from '@solyx/kernel';
import { gpuMilliOf } from './capacity';
import { mixOf } from './demand';
import { sentenceOf } from './explain';
import { ownedGpuHourOf } from './market';
import type { DemandClass, Mix } from './packing/mix';
import type { NodeState, PartitionState } from './partition-state';

const WORST_MAX = 16;

/** What keeps a class of work off a node now. */
type Lack = 'none' | 'gpu' | 'cpu' | 'memory' | 'model';

const gpusFree = (node: NodeState, gpuMilli: number): number => {
  let count = 0;
  for (const milli of node.gpuFree) if (milli >= gpuMilli) count += 1;
  return count;
};

function lackOf(node: NodeState, { gpus, gpuMilli, cpuMilli, memoryMiB, models }: DemandClass): Lack {
  if (models && !models.includes(node.facts.gpus[0]?.model ?? '')) return 'model';
  if (gpusFree(node, gpuMilli) < gpus) return 'gpu';
  if (node.cpuFree < cpuMilli) return 'cpu';
  return node.memoryFree < memoryMiB ? 'memory' : 'none';
}

/** Free thousandths of a GPU that a class could not use, though it may come: all of them where it does not fit. */
function uselessTo(node: NodeState, lack: Lack, gpuMilli: number): number {
  if (lack !== 'none') return node.gpuMilliFree;
  let useless = 0;
  for (const milli of node.gpuFree) if (milli < gpuMilli) useless += milli;
  return useless;
}

const perMille = (part: number, whole: number): number => (whole === 0 ? 0 : Math.floor((part * 1_000) / whole));

/**
 * What is free on a node, and what of that the usual work cannot use. `gpuMilliFragmented` is what an arrival of the
 * mix finds useless on average (F of Weng et al., ATC 2023, over the classes that hold GPUs). Stranded is what no class
 * at all can use, because the CPU or the memory beside it is gone. Without a mix nothing is known to be useless.
 */
export function nodeFigures(node: NodeState, mix: Mix): NodeFigures {
  const { nodeId, source, simulated } = node.terms;
  const free = node.gpuMilliFree;
  let weight = 0n;
  let useless = 0n;
  const lacks = new Set<Lack>();
  for (const one of mix) {
    if (one.gpus === 0 || one.count <= 0 || free === 0) continue;
    const lack = lackOf(node, one);
    lacks.add(lack);
    weight += BigInt(one.count);
    useless += BigInt(one.count) * BigInt(uselessTo(node, lack, one.gpuMilli));
  }
  const fragmented = weight === 0n ? 0 : Number(useless / weight);
  const isUseless = weight > 0n && !lacks.has('none');
  const withoutCpu = isUseless && lacks.has('cpu') ? free : 0;
  const withoutMemory = isUseless && !lacks.has('cpu') && lacks.has('memory') ? free : 0;
  return {
    ...{ nodeId, source, simulated, gpuModel: node.facts.gpus[0]?.model ?? '' },
    gpuMilli: gpuMilliOf(node.facts),
    gpuMilliFree: free,
    gpuMilliFragmented: fragmented,
    gpuMilliWithoutCpu: withoutCpu,
    gpuMilliWithoutMemory: withoutMemory,
    fragmentedPerMille: perMille(fragmented, free),
  };
}

const inGpus = (milli: number): string => String(Math.round(milli / 10) / 100);

function words(total: Omit<FleetMeasured['data'], 'fleetId' | 'sentence' | 'worst' | 'at'>): string {
  const { gpuMilli, gpuMilliFree, gpuMilliFragmented, gpuMilliWithoutCpu, gpuMilliWithoutMemory, classes } = total;
  const free = `${inGpus(gpuMilliFree)} of ${inGpus(gpuMilli)} GPUs are free`;
  if (classes === 0) return `${free}; no work has been asked for yet that would say what of it is useful.`;
  const stranded = gpuMilliWithoutCpu + gpuMilliWithoutMemory;
  const lost =
    stranded === 0
      ? 'none is stranded without CPU or memory'
      : `${inGpus(gpuMilliWithoutCpu)} are stranded without CPU and ${inGpus(gpuMilliWithoutMemory)} without memory`;
  return `${free}; the usual work finds ${inGpus(gpuMilliFragmented)} of them useless on average, and ${lost}.`;
}

/** Of the whole fleet; cordoned nodes count, as what is free on them is lost too. */
export function fleetFigures(
  state: PartitionState,
  asked: { readonly fleetId: string; readonly at: string },
): FleetMeasured['data'] {
  const mix = mixOf(state.demand);
  const figures: NodeFigures[] = [];
  for (const nodeId of state.nodeIds) {
    const node = state.nodes.get(nodeId);
    if (node) figures.push(nodeFigures(node, mix));
  }
  const sum = (value: (one: NodeFigures) => number): number => figures.reduce((total, one) => total + value(one), 0);
  const gpuMilliFree = sum((one) => one.gpuMilliFree);
  const gpuMilliFragmented = sum((one) => one.gpuMilliFragmented);
  const total = {
    nodes: figures.length,
    gpuMilli: sum((one) => one.gpuMilli),
    gpuMilliFree,
    gpuMilliFragmented,
    gpuMilliWithoutCpu: sum((one) => one.gpuMilliWithoutCpu),
    gpuMilliWithoutMemory: sum((one) => one.gpuMilliWithoutMemory),
    fragmentedPerMille: perMille(gpuMilliFragmented, gpuMilliFree),
    classes: mix.filter(({ gpus }) => gpus > 0).length,
    ownedMicroUsdPerGpuHour: String(ownedGpuHourOf(state)),
  };
  const worst = figures
    .filter((one) => one.gpuMilliFragmented > 0)
    .sort((a, b) => b.gpuMilliFragmented - a.gpuMilliFragmented || (a.nodeId < b.nodeId ? -1 : 1))
    .slice(0, WORST_MAX);
  return { fleetId: asked.fleetId, ...total, worst, sentence: sentenceOf(words(total)), at: asked.at };
}

export type FleetCommand = Command<'RecordFigures', FleetMeasured['data']>;

/** A question is answered once. */
export const fleetDecider: Decider<FleetCommand, { readonly isMeasured: boolean }, FleetMeasured, never> = {
  name: 'drm.fleet',
  initial: { isMeasured: false },
  decide: ({ data }, { isMeasured }) => (isMeasured ? accept() : accept(FleetMeasured(data))),
  evolve: () => ({ isMeasured: true }),
};
