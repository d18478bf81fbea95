import { SOURCES, type WaitReason, type WayIn, type WorkloadRequest } from '@solyx/contracts';
import { formatMicro } from '@solyx/kernel';
import { askOf, type Ask } from './ask';
import { timeInWords } from './explain';
import { lacking, suit, type Market } from './filter';
import { isoOf, millisOf } from './instants';
import { isLeasable, leasesOf, nodeOfOffer, offersOf } from './leasing';
import { marketOf } from './market';
import type { NodeState, PartitionState } from './partition-state';
import { priceOf } from './pricing';

const WAYS_MAX = 8;

/** Nodes as they are, and as offers would bring them. */
function places(state: PartitionState, at: string): readonly NodeState[] {
  const nodes = state.nodeIds.flatMap((nodeId) => state.nodes.get(nodeId) ?? []);
  const offered = offersOf(state).filter((one) => isLeasable(one, at));
  return [...nodes, ...offered.map(({ offer }) => nodeOfOffer('lease', offer, at))];
}

const fitting = (nodes: readonly NodeState[], ask: Ask, market: Market): readonly NodeState[] =>
  nodes.filter((node) => {
    const suiting = suit(node, ask, market);
    return 'suited' in suiting && lacking(node, ask, suiting.suited.places) === undefined;
  });

type Changed = Partial<Pick<WorkloadRequest, 'placement' | 'limits'>>;

/** What it would be allowed, were one thing otherwise; undefined where that would not let it start now. */
class WhatIf {
  private readonly nodes: readonly NodeState[];
  readonly market: Market;

  constructor(
    state: PartitionState,
    private readonly request: WorkloadRequest,
    at: string,
  ) {
    this.nodes = places(state, at);
    this.market = marketOf(state, at);
  }

  fits(change: Changed): readonly NodeState[] | undefined {
    const ask = askOf({ ...this.request, ...change });
    const found = fitting(this.nodes, ask, this.market);
    return found.length >= ask.nodesMin ? found : undefined;
  }

  /** The least price at which enough nodes would take it now; undefined where no price would do. */
  price(): bigint | undefined {
    const { maxPriceMicroUsdPerGpuHour: limit, ...limits } = this.request.limits;
    const found = limit === undefined ? undefined : this.fits({ limits });
    if (!found || limit === undefined) return undefined;
    const ask = askOf(this.request);
    const prices = found.flatMap(({ terms, facts }) => {
      const gpuModel = ask.gpus === 0 ? '' : (ask.request.resources.gpuModel ?? facts.gpus[0]?.model ?? '');
      const wanted = { gpuMilli: ask.gpuMilliTotal, cpuMilli: ask.cpuMilli, memoryMiB: ask.memoryMiB };
      const price = priceOf(this.market.entries, { ...terms, gpuModel }, wanted);
      return price ? [price.perGpuHour] : [];
    });
    const sorted = prices.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const enough = sorted[ask.nodesMin - 1];
    return enough !== undefined && enough > BigInt(limit) ? enough : undefined;
  }

  /** The most GPUs of one node that it might use, were all of them free. */
  largest(): number {
    return this.nodes.reduce((most, { facts }) => Math.max(most, facts.gpus.length), 0);
  }
}

function byChange(whatIf: WhatIf, request: WorkloadRequest): readonly WayIn[] {
  const ways: WayIn[] = [];
  const price = whatIf.price();
  if (price !== undefined) {
    const usd = formatMicro(price, true);
    ways.push({ kind: 'raise-price', value: usd, sentence: `raise limits.max_price to ${usd} USD per GPU-hour` });
  }
  const { placement } = request;
  for (const source of SOURCES) {
    if (placement.sources.includes(source)) continue;
    if (!whatIf.fits({ placement: { ...placement, sources: [...placement.sources, source] } })) continue;
    ways.push({ kind: 'allow-source', value: source, sentence: `allow ${source} GPUs in placement.sources` });
  }
  const anywhere =
    placement.regions.length === 0 ? undefined : whatIf.fits({ placement: { ...placement, regions: [] } });
  const region = anywhere?.find(({ terms }) => !placement.regions.includes(terms.region))?.terms.region;
  if (region !== undefined) {
    ways.push({ kind: 'allow-region', value: region, sentence: `allow ${region} in placement.regions` });
  }
  return ways;
}

/** Limits of queues and budgets, by the reasons that the scheduler gave. */
function byLimits(reasons: readonly WaitReason[], queue: string): readonly WayIn[] {
  const ways: WayIn[] = [];
  if (reasons.some(({ reason }) => /quota|borrow|lend/i.test(reason))) {
    ways.push({ kind: 'raise-quota', value: queue, sentence: `raise the quota of queue ${queue}` });
  }
  if (reasons.some(({ reason }) => /budget/i.test(reason))) {
    ways.push({ kind: 'raise-budget', value: queue, sentence: `raise the budget of queue ${queue}` });
  }
  return ways;
}

function byTime(state: PartitionState, request: WorkloadRequest, reasons: readonly WaitReason[], at: string): WayIn[] {
  const ways: WayIn[] = [];
  const { notBefore } = request;
  if (notBefore !== undefined && notBefore > at) {
    const when = timeInWords(notBefore, at);
    ways.push({ kind: 'wait-for-backoff', value: notBefore, sentence: `its backoff is over at ${when}` });
  }
  if (reasons.some(({ reason }) => reason === 'AwaitingLease')) {
    const ready = leasesOf(state)
      .filter(({ phase }) => phase === 'pending')
      .map(({ requestedAt, offer }) => millisOf(requestedAt) + offer.bootSeconds * 1_000);
    const readyAt = isoOf(Math.max(millisOf(at), Math.min(...ready)));
    if (ready.length > 0) {
      const when = timeInWords(readyAt, at);
      ways.push({ kind: 'wait-for-lease', value: readyAt, sentence: `a leased node should be up at ${when}` });
    }
  }
  return ways;
}

/** What would let a waiting workload start, besides work that ends: what comes by itself first. */
export function waysIn(
  state: PartitionState,
  request: WorkloadRequest,
  reasons: readonly WaitReason[],
  at: string,
): readonly WayIn[] {
  const whatIf = new WhatIf(state, request, at);
  const ways = [
    ...byTime(state, request, reasons, at),
    ...byLimits(reasons, request.queue ?? 'default'),
    ...byChange(whatIf, request),
  ];
  if (reasons.some(({ reason }) => reason === 'NeverFits')) {
    const most = whatIf.largest();
    const { gpus } = request.resources;
    if (gpus > most && most > 0) {
      const sentence = `ask for at most ${most} GPUs per node, over more nodes`;
      ways.push({ kind: 'ask-for-less', value: String(most), sentence });
    }
    ways.push({
      kind: 'add-nodes',
      value: request.resources.gpuModel ?? 'any',
      sentence: 'add a node that is large enough',
    });
  }
  return ways.slice(0, WAYS_MAX);
}
