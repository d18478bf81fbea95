import type { ScoreTerm } from '@solyx/contracts';
import type { Ask } from '../ask';
import { WHOLE_GPU } from '../capacity';
import type { Suited } from '../filter';
import {
  ALL,
  coresPerGpuOf,
  cpuScarcityOf,
  NEVER,
  Packing,
  powerPriceAt,
  residualValues,
  scarcityOf,
  SHADOW_PRICE,
  withPower,
  type Learnt,
  type PackNode,
  type PackShape,
  type Terms,
} from '../packing';
import type { NodeState, PartitionState } from '../partition-state';
import type { Eligible, ShapeView } from '../shape-view';
import { fixedTerms, freeScore, scoreTerms } from './opinions';

/** What decides how nodes are packed. */
interface Taught extends Pick<PartitionState, 'mix' | 'shadow'> {
  /** What a kilowatt weighs; 0 where watts have no price. */
  readonly powerPrice: number;
}

const isSame = (a: Taught, b: Taught): boolean =>
  a.mix === b.mix && a.shadow === b.shadow && a.powerPrice === b.powerPrice;

/** Watts that a GPU of this model draws more when it works, as its purchase says: the mean of its nodes. */
function wattsOf(nodes: readonly NodeState[], model: string): number {
  let watts = 0;
  let gpus = 0;
  for (const { facts, procurement } of nodes) {
    if (!procurement || facts.gpus[0]?.model !== model) continue;
    watts += procurement.maxWatts - procurement.idleWatts;
    gpus += facts.gpus.length;
  }
  return gpus === 0 ? 0 : Math.floor(watts / gpus);
}

/** What watts weigh on this fleet as it is held now. */
function powerPriceOf(nodes: readonly NodeState[]): number {
  const all = nodes.reduce((sum, { facts }) => sum + facts.gpus.length * WHOLE_GPU, 0);
  const free = nodes.reduce((sum, { gpuMilliFree }) => sum + gpuMilliFree, 0);
  return all === 0 ? 0 : powerPriceAt(Math.floor(((all - free) * 1000) / all));
}

const packNode = ({ facts }: NodeState): PackNode => ({
  cpuMilli: facts.cpuMilli,
  memoryMiB: facts.memoryMiB,
  gpus: facts.gpus.length,
  model: facts.gpus[0]?.model ?? '',
});

function learn(nodes: readonly NodeState[], taught: Taught): Learnt {
  const { mix, shadow, powerPrice } = taught;
  const capacity = new Map<string, number>();
  for (const { facts } of nodes) {
    const model = facts.gpus[0]?.model ?? '';
    capacity.set(model, (capacity.get(model) ?? 0) + facts.gpus.length * WHOLE_GPU);
  }
  const scarcity = scarcityOf(mix, capacity);
  const models = [...capacity.keys()].sort();
  const prices = {
    residual: residualValues(shadow.slices),
    scarcity: models.map((model) => scarcity.get(model) ?? 0),
    watts: models.map((model) => (powerPrice === 0 ? 0 : wattsOf(nodes, model))),
    cpuScarcity: cpuScarcityOf(mix, {
      cpuMilli: nodes.reduce((sum, { facts }) => sum + facts.cpuMilli, 0),
      gpuMilli: [...capacity.values()].reduce((sum, milli) => sum + milli, 0),
    }),
    coreMilliPerGpu: coresPerGpuOf(mix, SHADOW_PRICE),
  };
  return { mix, prices, weights: powerPrice === 0 ? SHADOW_PRICE : withPower(SHADOW_PRICE, powerPrice) };
}

/** The engine of one list of nodes, shared by all who look at it, one after another. */
interface Shared {
  readonly packing: Packing;
  taught: Taught;
  /** What is in the engine, by place. */
  readonly seen: (NodeState | undefined)[];
  user: Packed | undefined;
}

const SHARED = new WeakMap<readonly string[], Shared>();

/** A view as the engine sees it, and its eligible nodes by place. */
interface Seen {
  readonly terms: Terms;
  readonly eligible: ReadonlyMap<number, Eligible>;
}

const SEEN = new WeakMap<ShapeView, Seen>();

const shapeOf = ({ cpuMilli, memoryMiB, gpus, gpuMilli }: Ask): PackShape => ({ cpuMilli, memoryMiB, gpus, gpuMilli });

/** A bit for each of these places. */
const maskOf = (places: readonly number[] | undefined): number =>
  places === undefined ? ALL : places.reduce((mask, place) => mask | (1 << place), 0);

/** What a view says of the nodes, for the engine. */
function seenOf(view: ShapeView): Seen {
  const known = SEEN.get(view);
  if (known) return known;
  const eligible = new Map(view.eligible.map((one) => [one.at, one]));
  const terms: Terms = {
    shape: shapeOf(view.ask),
    allowed: (at) => eligible.has(at),
    fixed: (at) => eligible.get(at)?.fixed ?? 0,
    usable: (at) => maskOf(eligible.get(at)?.suited.places),
  };
  const made = { terms, eligible };
  SEEN.set(view, made);
  return made;
}

/** Whole GPUs and thousandths of plain ones: what is cut, pooled or bound to an island has rules that packing does not know. */
const isPacked = ({ isPlain, oneIsland }: Ask): boolean => isPlain && !oneIsland;

/** A node among those that have room. */
export interface Ranked {
  readonly eligible: Eligible;
  readonly score: number;
}

/**
 * What packing says of the nodes of one fleet, as this fleet has them. The engine behind it is a memo over the list of
 * nodes: whoever asks brings it up to date first, so its answers depend on the nodes, the mix and the prices alone.
 */
export class Packed {
  /** Found or made when it is needed: a fleet on which nothing is placed costs nothing. */
  private shared: Shared | undefined;
  private readonly nodeIds: readonly string[];
  private readonly taught: Taught;

  constructor(
    state: Pick<PartitionState, 'nodeIds' | 'mix' | 'shadow'>,
    private readonly nodes: readonly NodeState[],
    savesPower: boolean,
  ) {
    const { nodeIds, mix, shadow } = state;
    this.taught = { mix, shadow, powerPrice: savesPower ? powerPriceOf(nodes) : 0 };
    this.nodeIds = nodeIds;
  }

  /** Another state of one node. */
  changed(at: number, node: NodeState): void {
    if (this.shared?.user === this) see(this.shared, at, node);
  }

  /** The best few nodes for work on one node, best first, and how many have room; undefined where packing does not know. */
  best(view: ShapeView, most: number): { readonly first: readonly Ranked[]; readonly fitting: number } | undefined {
    if (!isPacked(view.ask)) return undefined;
    const packing = this.packing();
    const { terms, eligible } = seenOf(view);
    const nodes = packing.view(terms);
    const first = packing.first(nodes, most).flatMap(({ at, score }) => {
      const one = eligible.get(at);
      return one ? [{ eligible: one, score }] : [];
    });
    return { first, fitting: packing.fitting(nodes) };
  }

  /** Scores nodes on which the work fits: the fixed opinions and those that depend on what is free. */
  scorer(view: ShapeView): (eligible: Eligible) => number {
    const scores = isPacked(view.ask) ? this.packing().scoresOf(seenOf(view).terms) : undefined;
    return ({ at, fixed, suited }) => {
      const score = scores?.[at] ?? NEVER;
      const node = this.nodes[at];
      return score !== NEVER || !node ? score : fixed + freeScore(node, view.ask, suited);
    };
  }

  /** GPUs to hold; undefined where packing does not choose them. */
  places(at: number, ask: Ask, suited: Suited): readonly number[] | undefined {
    if (!isPacked(ask) || ask.gpus === 0 || ask.gpuMilli >= WHOLE_GPU) return undefined;
    const places = this.packing().gpusOf(shapeOf(ask), at, maskOf(suited.places));
    return places.length === ask.gpus ? places : undefined;
  }

  /** Every opinion that has one: the fixed ones, then those of packing. */
  terms(at: number, ask: Ask, suited: Suited): readonly ScoreTerm[] {
    const node = this.nodes[at];
    if (!node) return [];
    if (!isPacked(ask)) return scoreTerms(node, ask, suited);
    return [...fixedTerms(node, ask, suited), ...this.packing().termsOf(shapeOf(ask), at, maskOf(suited.places))];
  }

  private open(): Shared {
    const { nodes, nodeIds, taught } = this;
    const known = SHARED.get(nodeIds);
    if (known?.seen.length === nodes.length) return known;
    const packing = new Packing(nodes.map(packNode), learn(nodes, taught));
    const made = { packing, taught, seen: nodes.map(() => undefined), user: undefined };
    SHARED.set(nodeIds, made);
    return made;
  }

  /** The engine, holding what this fleet holds. */
  private packing(): Packing {
    const { nodes, taught } = this;
    const shared = (this.shared ??= this.open());
    if (shared.user === this) return shared.packing;
    shared.user = this;
    if (!isSame(shared.taught, taught)) {
      shared.packing.learn(learn(nodes, taught));
      shared.taught = taught;
    }
    for (let at = 0; at < nodes.length; at += 1) {
      const node = nodes[at];
      if (node) see(shared, at, node);
    }
    return shared.packing;
  }
}

function see({ seen, packing }: Shared, at: number, node: NodeState): void {
  if (seen[at] === node) return;
  seen[at] = node;
  packing.sync(at, node);
}
