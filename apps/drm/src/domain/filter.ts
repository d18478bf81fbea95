import type { Gpu, NodeFacts, PriceEntry, ReasonCode } from '@solyx/contracts';
import type { Ask } from './ask';
import { MIN_RUNTIME_DEFAULT_SECONDS } from './eviction';
import type { Cost } from './currency';
import { standingCost } from './market';
import type { NodeState, PartitionState } from './partition-state';
import { oneIsland, openFor, placesFor } from './pool';
import { priceOf, type SharePrice } from './pricing';
import { gravityOf, type Gravity } from './transfers';

/** What the market and the network say while one schedule runs. */
export interface Market {
  readonly entries: readonly PriceEntry[];
  readonly routes: PartitionState['routes'];
  /** Micro-USD that an owned GPU costs per hour: the currency in which costs compare; left out where none is in force. */
  readonly gpuHour?: bigint;
  /** Moving data counts against hard budgets. */
  readonly coversEgress?: boolean;
}

/** How a node would serve a workload, were it empty. */
export interface Suited {
  readonly gpuModel: string;
  /** Places in `facts.gpus` that may be used; undefined means all of them. */
  readonly places: readonly number[] | undefined;
  readonly price: SharePrice;
  readonly gravity: Gravity;
  /** What it costs us; left out where no currency is in force. */
  readonly cost?: Cost;
}

export type Deal = Pick<Suited, 'price' | 'gravity' | 'cost'>;
export type Suiting = { readonly suited: Suited } | { readonly reason: ReasonCode };

/** Reasons that prices and links may lift: a node that has one is not too small for ever. */
export const LIFTABLE: ReadonlySet<string> = new Set<ReasonCode>([
  'PriceTooHigh',
  'NoPrice',
  'NoRoute',
  'BudgetExceeded',
]);

/** `eu-*` matches every region that begins with `eu-`. */
export const regionMatches = (pattern: string, region: string): boolean =>
  pattern.endsWith('*') ? region.startsWith(pattern.slice(0, -1)) : pattern === region;

function refusedByTerms({ terms, cordoned, releasing }: NodeState, { request }: Ask): ReasonCode | undefined {
  const { simulated, sources, regions } = request.placement;
  if (terms.simulated !== simulated) return 'SimulationMismatch';
  if (!sources.includes(terms.source)) return 'SourceNotAllowed';
  if (regions.length > 0 && !regions.some((pattern) => regionMatches(pattern, terms.region))) return 'RegionNotAllowed';
  return cordoned || releasing ? 'NodeCordoned' : undefined;
}

/** How a node would be used: which GPUs may be held. */
export type Choice = Pick<Suited, 'gpuModel' | 'places'>;

/** All GPUs of a node, where they are alike. */
interface Alike {
  readonly model: string;
  readonly memoryMiB: number;
}

const ALIKE = new WeakMap<NodeFacts, Alike | 'mixed'>();

/** Nearly every node has GPUs of one kind: found out once per node, and kept as long as the node's facts are. */
function alikeOf(facts: NodeFacts): Alike | 'mixed' {
  const known = ALIKE.get(facts);
  if (known) return known;
  const [first, ...others] = facts.gpus;
  const isAlike =
    first && others.every(({ model, memoryMiB }) => model === first.model && memoryMiB === first.memoryMiB);
  const made = isAlike ? { model: first.model, memoryMiB: first.memoryMiB } : 'mixed';
  ALIKE.set(facts, made);
  return made;
}

/** One workload holds GPUs of one model: the wanted one, or the node's first of which there are enough. */
function mixedChoice(gpus: readonly Gpu[], ask: Ask): Choice | ReasonCode {
  const { gpuModel: wanted, gpuMemoryMiB = 0 } = ask.request.resources;
  const models = wanted === undefined ? [...new Set(gpus.map(({ model }) => model))] : [wanted];
  let reason: ReasonCode = gpus.length < ask.gpus ? 'InsufficientGpus' : 'GpuModelMismatch';
  for (const gpuModel of models) {
    const ofModel = [...gpus.keys()].filter((place) => gpus[place]?.model === gpuModel);
    const places = ofModel.filter((place) => (gpus[place]?.memoryMiB ?? 0) >= gpuMemoryMiB);
    if (places.length >= ask.gpus) return { gpuModel, places };
    if (ofModel.length >= ask.gpus) reason = 'GpuMemoryTooSmall';
    else if (ofModel.length > 0) reason = 'InsufficientGpus';
  }
  return reason;
}

function gpuChoice(facts: NodeFacts, ask: Ask): Choice | ReasonCode {
  if (ask.gpus === 0) return NO_GPU;
  const alike = alikeOf(facts);
  if (alike === 'mixed') return mixedChoice(facts.gpus, ask);
  const { gpuModel: wanted, gpuMemoryMiB = 0 } = ask.request.resources;
  if (wanted !== undefined && wanted !== alike.model) return 'GpuModelMismatch';
  if (facts.gpus.length < ask.gpus) return 'InsufficientGpus';
  return alike.memoryMiB < gpuMemoryMiB ? 'GpuMemoryTooSmall' : { gpuModel: alike.model, places: undefined };
}

const NO_GPU: Choice = { gpuModel: '', places: undefined };

/** Of GPUs that suit it, those that are held in the way it wants. Plain work on plain nodes need not look. */
function sharedChoice(node: NodeState, ask: Ask, choice: Choice): Choice | ReasonCode {
  const isPlain = ask.isPlain && node.shared === undefined;
  if (ask.gpus === 0 || (isPlain && !ask.oneIsland)) return choice;
  const places = isPlain ? (choice.places ?? [...node.facts.gpus.keys()]) : placesFor(node, ask, choice.places);
  if (typeof places === 'string') return places;
  if (ask.oneIsland && !oneIsland(node, ask.gpus, places)) return 'TopologyUnmet';
  return { ...choice, places };
}

/** Filters of the first kind: what the node is, empty or not. The first that fails is the reason. */
export function choose(node: NodeState, ask: Ask): Choice | ReasonCode {
  const refused = refusedByTerms(node, ask);
  if (refused) return refused;
  const { facts } = node;
  const unshared = gpuChoice(facts, ask);
  if (typeof unshared === 'string') return unshared;
  const choice = sharedChoice(node, ask, unshared);
  if (typeof choice === 'string') return choice;
  if (facts.cpuMilli < ask.cpuMilli) return 'InsufficientCpu';
  return facts.memoryMiB < ask.memoryMiB ? 'InsufficientMemory' : choice;
}

const HOUR_MS = 3_600_000n;

/** Moving the data and the shortest useful run would cost more than the hard budget. */
export function exceedsBudget({ request, runtimeMs }: Ask, perHour: bigint, moving: bigint): boolean {
  const { budgetMicroUsd } = request.limits;
  if (budgetMicroUsd === undefined || moving === 0n) return false;
  const shortestMs = (request.minRuntimeSeconds ?? MIN_RUNTIME_DEFAULT_SECONDS) * 1000;
  const running = perHour * BigInt(Math.min(runtimeMs, shortestMs));
  return moving * HOUR_MS + running > BigInt(budgetMicroUsd) * HOUR_MS;
}

/** Price and distance: the same for all nodes of one source, model and site. */
export function dealFor(node: NodeState, gpuModel: string, ask: Ask, market: Market): Deal | ReasonCode {
  const { terms } = node;
  const wanted = { gpuMilli: ask.gpuMilliTotal, cpuMilli: ask.cpuMilli, memoryMiB: ask.memoryMiB };
  const { source, simulated, site } = terms;
  const price = priceOf(market.entries, { source, simulated, gpuModel }, wanted);
  if (!price) return 'NoPrice';
  if (ask.priceMax !== undefined && price.perGpuHour > ask.priceMax) return 'PriceTooHigh';
  const gravity = gravityOf(market, ask.request.data, site);
  if (!gravity) return 'NoRoute';
  if (market.coversEgress === true && exceedsBudget(ask, price.perHour * BigInt(ask.nodesMin), gravity.microUsd))
    return 'BudgetExceeded';
  return market.gpuHour === undefined
    ? { price, gravity }
    : { price, gravity, cost: standingCost(node, ask, market.gpuHour) };
}

/** Would the workload fit on the node, were it empty, and at what terms? */
export function suit(node: NodeState, ask: Ask, market: Market): Suiting {
  const choice = choose(node, ask);
  if (typeof choice === 'string') return { reason: choice };
  const deal = dealFor(node, choice.gpuModel, ask, market);
  return typeof deal === 'string' ? { reason: deal } : { suited: { ...choice, ...deal } };
}

/** A node, as it is or in thought. */
export type Free = Pick<NodeState, 'facts' | 'terms' | 'shared' | 'gpuFree' | 'cpuFree' | 'memoryFree'>;

/** Places on which it fits now, in the order of places. */
function openPlaces(free: Free, ask: Ask, places: readonly number[] | undefined): readonly number[] | ReasonCode {
  if (!ask.isPlain) {
    const open = openFor(free, ask, places);
    return typeof open === 'string' ? open : open.places;
  }
  return (places ?? [...free.gpuFree.keys()]).filter((place) => (free.gpuFree[place] ?? 0) >= ask.gpuMilli);
}

function lackingUncommon(free: Free, ask: Ask, places: readonly number[] | undefined): ReasonCode | undefined {
  const open = openPlaces(free, ask, places);
  if (typeof open === 'string') return open;
  if (open.length < ask.gpus) return 'InsufficientGpus';
  return ask.oneIsland && !oneIsland(free, ask.gpus, open) ? 'TopologyUnmet' : undefined;
}

/** Filters of the second kind: what of it is free now. Undefined where it fits. */
export function lacking(free: Free, ask: Ask, places: readonly number[] | undefined): ReasonCode | undefined {
  if (free.cpuFree < ask.cpuMilli) return 'InsufficientCpu';
  if (free.memoryFree < ask.memoryMiB) return 'InsufficientMemory';
  if (ask.gpus === 0) return undefined;
  if (!ask.isPlain || ask.oneIsland) return lackingUncommon(free, ask, places);
  const { gpuFree } = free;
  let found = 0;
  if (places) {
    for (const place of places) if ((gpuFree[place] ?? 0) >= ask.gpuMilli) found += 1;
  } else {
    for (const milli of gpuFree) if (milli >= ask.gpuMilli) found += 1;
  }
  return found < ask.gpus ? 'InsufficientGpus' : undefined;
}

/**
 * Places of the GPUs to hold, for a workload that fits: the fullest that still suffice, so that whole GPUs stay whole;
 * of one island where one has enough, the one with the fewest to spare. Ties by place.
 */
export function pickGpus(node: NodeState, ask: Ask, places: readonly number[] | undefined): readonly number[] {
  if (ask.gpus === 0) return [];
  const { gpus } = node.facts;
  const open = openPlaces(node, ask, places);
  const enough = (typeof open === 'string' ? [] : [...open]).sort(
    (a, b) => (node.gpuFree[a] ?? 0) - (node.gpuFree[b] ?? 0) || a - b,
  );
  const islands = new Map<string, number[]>();
  for (const place of enough) {
    const island = gpus[place]?.island ?? '';
    islands.set(island, [...(islands.get(island) ?? []), place]);
  }
  const [tightest] = [...islands.entries()]
    .filter(([island, members]) => members.length >= ask.gpus && !(ask.oneIsland && island === ''))
    .sort(([a, of], [b, and]) => of.length - and.length || (a < b ? -1 : 1));
  return (tightest?.[1] ?? enough).slice(0, ask.gpus).sort((a, b) => a - b);
}
