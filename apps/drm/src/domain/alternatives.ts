import type { CostAlternative, WorkloadRequest } from '@solyx/contracts';
import { askOf, type Ask } from './ask';
import { gpuMilliOf, WHOLE_GPU } from './capacity';
import { leasedCost, offerCost, ownedCost, sharedCost, type Cost } from './currency';
import { lacking, suit, type Market, type Suited } from './filter';
import { millisOf } from './instants';
import { isLeasable, nodeOfOffer, offersOf, paidUntil, remaining } from './leasing';
import { exchangeOf, loadOf, marketOf } from './market';
import type { NodeState, PartitionState } from './partition-state';

const ALTERNATIVES_MAX = 8;
const MICRO_PER_MILLI = 1_000;
const PER_MILLE = 1_000;

/** Of the owned GPUs of each model, how much is at work: what a slot of it is worth grows with it. */
function busyPerMille({ nodeIds, nodes }: PartitionState): ReadonlyMap<string, number> {
  const total = new Map<string, { all: number; free: number }>();
  for (const nodeId of nodeIds) {
    const node = nodes.get(nodeId);
    if (node?.terms.source !== 'owned') continue;
    const model = node.facts.gpus[0]?.model ?? '';
    const sum = total.get(model) ?? { all: 0, free: 0 };
    total.set(model, { all: sum.all + gpuMilliOf(node.facts), free: sum.free + node.gpuMilliFree });
  }
  return new Map(
    [...total].map(([model, { all, free }]) => [model, all === 0 ? 0 : Math.floor(((all - free) * PER_MILLE) / all)]),
  );
}

/** What a slot of a GPU is worth by the newest shadow prices, in micro-GPU; its size where there are none. */
function slotOf({ shadow }: PartitionState, { gpus, gpuMilli }: Ask): number {
  const priced = shadow.slices.find((slice) => slice.gpuMilli >= Math.min(gpuMilli, WHOLE_GPU))?.microGpu;
  return gpus * (priced ?? gpuMilli * MICRO_PER_MILLI);
}

class Prices {
  readonly market: Market;
  private readonly gpuHour: bigint;
  private readonly busy: ReadonlyMap<string, number>;

  constructor(
    private readonly state: PartitionState,
    private readonly ask: Ask,
    private readonly at: string,
  ) {
    this.market = marketOf(state, at);
    this.gpuHour = exchangeOf(state);
    this.busy = busyPerMille(state);
  }

  costOn(node: NodeState, { gravity }: Suited): Cost {
    const { state, ask, gpuHour } = this;
    const { terms, facts, procurement } = node;
    const load = loadOf(ask, gravity.microUsd);
    const whole = { gpuMilli: gpuMilliOf(facts), cpuMilli: facts.cpuMilli, memoryMiB: facts.memoryMiB };
    if (terms.source === 'shared') return sharedCost(terms, whole, load, gpuHour);
    if (terms.source === 'owned') {
      const busy = this.busy.get(facts.gpus[0]?.model ?? '') ?? 0;
      const microGpu = Math.floor((slotOf(state, ask) * busy) / PER_MILLE);
      return ownedCost(procurement, facts.gpus.length, load, { microGpu, gpuHour });
    }
    const lease = state.leases.get(terms.leaseId ?? '');
    if (!lease) return leasedCost(terms, whole, load, { gpuHour });
    const now = millisOf(this.at);
    // What is paid anyhow is free only where nobody else uses it.
    const paidSeconds = node.workloads.length > 0 ? 0 : Math.floor((paidUntil(lease, now) - now) / 1_000);
    return leasedCost(terms, whole, load, { gpuHour, paidSeconds, offer: lease.offer });
  }

  /** As nobody else was sure to share it. */
  costOfOffer(offer: Parameters<typeof offerCost>[0], { gravity }: Suited): Cost {
    return offerCost(offer, loadOf(this.ask, gravity.microUsd), this.gpuHour);
  }
}

interface Priced {
  readonly node: NodeState;
  readonly candidateId: string;
  readonly state: CostAlternative['state'];
  readonly suited: Suited;
  readonly cost: Cost;
}

function onNodes(state: PartitionState, ask: Ask, prices: Prices): readonly Priced[] {
  const priced: Priced[] = [];
  for (const nodeId of state.nodeIds) {
    const node = state.nodes.get(nodeId);
    const suiting = node && suit(node, ask, prices.market);
    if (!node || !suiting || 'reason' in suiting) continue;
    const { suited } = suiting;
    const isFree = lacking(node, ask, suited.places) === undefined;
    const cost = prices.costOn(node, suited);
    priced.push({ node, candidateId: nodeId, state: isFree ? 'free' : 'busy', suited, cost });
  }
  return priced;
}

function onOffers(state: PartitionState, ask: Ask, prices: Prices, at: string): readonly Priced[] {
  const priced: Priced[] = [];
  for (const one of offersOf(state)) {
    if (!isLeasable(one, at) || remaining(state, one) === 0) continue;
    const node = nodeOfOffer('lease', one.offer, at);
    const suiting = suit(node, ask, prices.market);
    if ('reason' in suiting) continue;
    const { suited } = suiting;
    const cost = prices.costOfOffer(one.offer, suited);
    priced.push({ node, candidateId: one.offer.offerId, state: 'offered', suited, cost });
  }
  return priced;
}

const order = (a: Priced, b: Priced): number => {
  const difference = a.cost.microUsdPerHour - b.cost.microUsdPerHour;
  return difference === 0n ? (a.candidateId < b.candidateId ? -1 : 1) : difference < 0n ? -1 : 1;
};

/**
 * Where a workload could go, and what that costs us per node and hour of the work, all parts in one currency: of the
 * owned, leased and shared nodes that suit it the cheapest that is free and the cheapest that is busy, and the
 * cheapest offer. The cheapest first.
 */
export function alternativesFor(
  state: PartitionState,
  request: WorkloadRequest,
  at: string,
): readonly CostAlternative[] {
  const ask = askOf(request);
  const prices = new Prices(state, ask, at);
  const cheapest = new Map<string, Priced>();
  for (const one of [...onNodes(state, ask, prices), ...onOffers(state, ask, prices, at)].sort(order)) {
    const kind = `${one.node.terms.source} ${one.state}`;
    if (!cheapest.has(kind)) cheapest.set(kind, one);
  }
  return [...cheapest.values()].slice(0, ALTERNATIVES_MAX).map(({ node, candidateId, state: is, suited, cost }) => ({
    source: node.terms.source,
    provider: node.terms.provider,
    candidateId,
    state: is,
    kind: node.terms.simulated ? 'simulated' : 'real',
    costMicroUsdPerHour: String(cost.microUsdPerHour),
    costMicroGpu: cost.microGpu,
    parts: cost.parts,
    priceMicroUsdPerHour: String(suited.price.perHour),
  }));
}
