import type { NodeTerms, TopologyLevel, WorkloadRequest } from '@solyx/contracts';
import { nodesMinOf, sizeOf } from './elastic';
import { MICRO_GPU } from './score/opinion';

/** Of a gang: how many nodes, how few it may start with, and how close together. */
export type GangWish = Pick<WorkloadRequest, 'nodes' | 'nodesMin' | 'topology'> & {
  /** In order of preference. */
  readonly sources: readonly string[];
};

/** A node that has room for one rank. */
export interface Placeable {
  readonly nodeId: string;
  readonly terms: NodeTerms;
  /** Micro-GPU; more is better. */
  readonly score: number;
}

/** Groups of nodes, tightest first. `anywhere` is all nodes; `node` says something about GPUs, not about nodes. */
export const LEVELS = ['island', 'rack', 'site', 'anywhere'] as const;
export type Level = (typeof LEVELS)[number];

/** The group of nodes in which a gang lies. */
export interface Domain {
  readonly level: Level;
  /** `site/label`; empty for `anywhere`. */
  readonly name: string;
  /** Nodes of it that had room. */
  readonly fitting: number;
}

export interface Together<P extends Placeable> {
  readonly domain: Domain;
  /** Best first; as many as the gang gets. */
  readonly picks: readonly P[];
}

/** The widest group that a gang may lie in. */
export const widestOf = (topology: WorkloadRequest['topology']): Level =>
  topology?.required === true && topology.level !== 'node' ? topology.level : 'anywhere';

/** Must the GPUs that it holds on a node be of one NVLink island? */
export const wantsOneIsland = (topology: WorkloadRequest['topology']): boolean =>
  topology?.required === true && topology.level === ('node' satisfies TopologyLevel);

/** Group of a node at a level; undefined where nobody said: then it is close to no other. */
export function domainName({ site, rack, fabric }: NodeTerms, level: Level): string | undefined {
  if (level === 'anywhere') return '';
  if (level === 'site') return site;
  const label = level === 'rack' ? rack : fabric;
  return label === undefined ? undefined : `${site}/${label}`;
}

/** What being that far apart is worth: one GPU per step, so that it is seen beside the other terms of a grant. */
export const topologyValue = ({ level }: Domain): number => 0 - LEVELS.indexOf(level) * MICRO_GPU;

/** Keeps the best few of a long row without sorting it; of equals the one that came first stays ahead. */
export class Best<P extends { readonly score: number }> {
  readonly picks: P[] = [];
  constructor(private readonly most: number) {}

  offer(one: P): void {
    const { picks, most } = this;
    const { score } = one;
    const last = picks[picks.length - 1];
    if (picks.length >= most && last && score <= last.score) return;
    let place = picks.length;
    while (place > 0 && score > (picks[place - 1]?.score ?? score)) place -= 1;
    picks.splice(place, 0, one);
    if (picks.length > most) picks.pop();
  }
}

/** Where nobody said what is close to what, nor asked for it, there is nothing to tell. */
export const isTold = ({ topology }: Pick<GangWish, 'topology'>, { level }: Domain): boolean =>
  topology !== undefined || level === 'island' || level === 'rack';

interface Group<P extends Placeable> {
  readonly level: Level;
  readonly name: string;
  readonly best: Best<P>;
  fitting: number;
}

/**
 * Finds the tightest group of nodes that holds a gang, as Kueue's topology aware scheduling does: an InfiniBand island
 * before a rack, a rack before a site. As many nodes as it asked for where any allowed group has them, else as many as
 * there are, down to its minimum; never fewer. Bounded by nodes × levels; keeps the best of each group only.
 */
export class GangBest<P extends Placeable> {
  readonly overall: Best<P>;
  private readonly widest: Level;
  private readonly groups = new Map<string, Group<P>>();

  constructor(
    private readonly wish: GangWish,
    /** Kept besides, for the explanation. */
    runnersUp: number,
  ) {
    this.widest = widestOf(wish.topology);
    this.overall = new Best(wish.nodes + runnersUp);
  }

  /** Nodes come in the order of their ids. */
  offer(one: P): void {
    this.overall.offer(one);
    // Islands may span racks: a tighter group counts only within one group of the level that is required.
    const within = domainName(one.terms, this.widest);
    if (within === undefined) return;
    for (const level of LEVELS.slice(0, LEVELS.indexOf(this.widest) + 1)) {
      const name = domainName(one.terms, level);
      if (name === undefined) continue;
      const key = `${level} ${name} ${within}`;
      const group = this.groups.get(key) ?? { level, name, best: new Best<P>(this.wish.nodes), fitting: 0 };
      this.groups.set(key, group);
      group.best.offer(one);
      group.fitting += 1;
    }
  }

  /** All or none: undefined where no allowed group has room for the minimum. */
  chosen(): Together<P> | undefined {
    const allowed = [...this.groups.values()];
    const most = allowed.reduce((max, { fitting }) => Math.max(max, fitting), 0);
    const nodes = sizeOf(this.wish, most);
    if (nodes === undefined) return undefined;
    for (const level of LEVELS) {
      const [group] = allowed
        .filter((one) => one.level === level && one.fitting >= nodes)
        .sort((a, b) => this.order(a, b, nodes));
      if (!group) continue;
      const { name, fitting, best } = group;
      return { domain: { level, name, fitting }, picks: best.picks.slice(0, nodes) };
    }
    return undefined;
  }

  /**
   * Of groups of one level: nodes of preferred sources first, then the group with the fewest to spare, so that large
   * groups stay whole for large gangs, then the better score, then the name. Sites are too wide for sparing.
   */
  private order(a: Group<P>, b: Group<P>, nodes: number): number {
    const score = this.sum(b, nodes, ({ score: value }) => value) - this.sum(a, nodes, ({ score: value }) => value);
    const name = a.name < b.name ? -1 : 1;
    if (a.level === 'site') return score || name;
    const { sources } = this.wish;
    const rank = ({ terms }: P): number => sources.indexOf(terms.source);
    return this.sum(a, nodes, rank) - this.sum(b, nodes, rank) || a.fitting - b.fitting || score || name;
  }

  private sum({ best }: Group<P>, nodes: number, value: (pick: P) => number): number {
    return best.picks.slice(0, nodes).reduce((total, pick) => total + value(pick), 0);
  }
}

/**
 * Of nodes that have room, in the order in which they got it: those of the first allowed group that holds the gang's
 * minimum, as many of them as it wants; undefined where none does.
 */
export function gangNodes(wish: Omit<GangWish, 'sources'>, nodes: Iterable<NodeTerms>): readonly string[] | undefined {
  const level = widestOf(wish.topology);
  const groups = new Map<string, string[]>();
  for (const terms of nodes) {
    const name = domainName(terms, level);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), terms.nodeId]);
  }
  const holding = [...groups.values()].find((group) => group.length >= nodesMinOf(wish));
  return holding?.slice(0, wish.nodes);
}

const ON: Readonly<Record<Level, string>> = {
  island: 'on one InfiniBand island',
  rack: 'in one rack',
  site: 'on one site',
  anywhere: 'spread over sites',
};

/** "together on one InfiniBand island (home/ib-1, 4 nodes had room)". */
export const domainInWords = ({ level, name, fitting }: Domain): string =>
  name === '' ? ON[level] : `${ON[level]} (${name}, ${fitting} had room)`;
