import type { ScoreTerm } from '@solyx/contracts';
import { ALL, Appraisal, TERMS } from './appraisal';
import { Candidates, NEVER } from './candidates';
import { Columns, type PackFree, type PackNode, type PackShape } from './columns';
import { Cores } from './cores';
import { weighted, type Mix } from './mix';
import type { Prices } from './prices';
import { Protection } from './protection';
import { Room } from './room';
import type { Weights } from './weights';

/** What the engine goes by, as learnt from what was asked for so far. */
export interface Learnt {
  readonly mix: Mix;
  readonly prices: Prices;
  readonly weights: Weights;
}

export interface Choice {
  /** Place of the node in the order of rank. */
  readonly at: number;
  readonly gpus: readonly number[];
  readonly score: number;
}

/** Where a shape of work may go, and what is said of a node besides packing: asked once per node. */
export interface Terms {
  readonly shape: PackShape;
  /** False where the node may not be used at all. */
  readonly allowed: (at: number) => boolean;
  /** Sum of the opinions that do not depend on what is free: a whole number. */
  readonly fixed?: (at: number) => number;
  /** GPUs that may be used, a bit each; all of them where it is not said. */
  readonly usable?: (at: number) => number;
}

/** Scores of one shape on all nodes, kept until a node changes. */
interface Scores {
  readonly shape: PackShape;
  readonly values: Float64Array;
  /** How much of the log is in them, of which epoch. */
  seen: number;
  epoch: number;
}

/** The nodes for one shape of work under one set of terms, best first. */
export interface View {
  readonly terms: Terms;
  readonly scores: Scores;
  readonly candidates: Candidates;
  /** 1 where the node may be used. */
  readonly open: Uint8Array;
  readonly fixed: Float64Array | undefined;
  readonly usable: Int32Array | undefined;
  seen: number;
  epoch: number;
}

/** Numbers kept for scores at most, over all shapes and views: 8 bytes each. */
const CELLS_MAX = 32_000_000;

/** Changes that the log holds before all is scored anew: 4 bytes each. */
const LOG_MIN = 65_536;

const shapeKey = ({ cpuMilli, memoryMiB, gpus, gpuMilli }: PackShape): string =>
  `${gpus}|${gpuMilli}|${cpuMilli}|${memoryMiB}`;

/**
 * Chooses nodes. Scores are kept per shape and node, and only what changed since is scored again; each view keeps its
 * nodes in a tree of winners, so a decision looks at no node that has not changed. A memo of pure functions: what it
 * answers depends on what is free, the prices and the weights alone, never on the order of calls.
 */
export class Packing {
  readonly columns: Columns;
  private appraisal: Appraisal;
  private protection: Protection;
  private readonly shapes = new Map<string, Scores>();
  private views = new WeakMap<Terms, View>();
  private viewed = 0;
  /** Nodes in the order of their changes. */
  private log: Int32Array;
  private logged = 0;
  /** Raised whenever all scores are to be worked out again. */
  private epoch = 0;
  /** Place of each node's newest change in the log. */
  private readonly newest: Int32Array;

  constructor(nodes: readonly PackNode[], learnt: Learnt) {
    this.columns = new Columns(nodes);
    this.newest = new Int32Array(nodes.length).fill(-1);
    this.log = new Int32Array(Math.max(LOG_MIN, 4 * nodes.length));
    this.protection = new Protection(this.columns, learnt.mix, learnt.weights.protection);
    this.appraisal = this.appraise(learnt);
  }

  /** Other prices, another mix: what was scored is worth nothing. */
  learn(learnt: Learnt): void {
    this.protection = new Protection(this.columns, learnt.mix, learnt.weights.protection);
    this.appraisal = this.appraise(learnt);
    this.forget();
  }

  /** The nodes under these terms: one view for each object, kept as long as the object is. */
  view(terms: Terms): View {
    const known = this.views.get(terms);
    if (known) return known;
    if ((this.shapes.size + this.viewed + 2) * this.columns.count > CELLS_MAX) this.forget();
    const made = this.open(terms);
    this.views.set(terms, made);
    this.viewed += 1;
    return made;
  }

  /** The best node for the view, or undefined where none has room. */
  choose(view: View): Choice | undefined {
    this.catchUp(view);
    const at = view.candidates.best;
    return at < 0 ? undefined : this.choiceAt(view, at);
  }

  /** The best few, best first. */
  best(view: View, most: number): readonly Choice[] {
    this.catchUp(view);
    return view.candidates.first(most).map((at) => this.choiceAt(view, at));
  }

  /** The best few and their scores, best first, their GPUs unchosen. */
  first(view: View, most: number): readonly Omit<Choice, 'gpus'>[] {
    this.catchUp(view);
    return view.candidates.first(most).map((at) => ({ at, score: view.candidates.scores[at] ?? NEVER }));
  }

  /** How many nodes have room. */
  fitting(view: View): number {
    this.catchUp(view);
    return view.candidates.fitting;
  }

  /** Scores of all nodes as they are now, NEVER where one has no room or may not be used. */
  scoresOf(terms: Terms): Float64Array {
    const view = this.view(terms);
    this.catchUp(view);
    return view.candidates.scores;
  }

  /** Score of one node, NEVER where it has no room or may not be used. */
  scoreAt(view: View, at: number): number {
    this.catchUp(view);
    return view.candidates.scores[at] ?? NEVER;
  }

  /** The engine's part of a node's score, some of its GPUs apart. */
  scoreOf(shape: PackShape, at: number, usable: number): number {
    return this.appraisal.score(shape, at, usable);
  }

  /** GPUs that the shape would hold on a node. */
  gpusOf(shape: PackShape, at: number, usable: number): readonly number[] {
    return this.appraisal.gpusFor(shape, at, usable);
  }

  /** What the engine's part of a node's score is made of; terms of no weight are left out. */
  termsOf(shape: PackShape, at: number, usable: number): readonly ScoreTerm[] {
    if (this.appraisal.score(shape, at, usable) === NEVER) return [];
    return TERMS.map((term, place) => ({ term, value: this.appraisal.terms[place] ?? 0 })).filter(
      ({ value }) => value !== 0,
    );
  }

  take(at: number, shape: PackShape, gpus: readonly number[]): void {
    this.columns.change(at, shape, gpus, 1);
    this.note(at);
  }

  giveBack(at: number, shape: PackShape, gpus: readonly number[]): void {
    this.columns.change(at, shape, gpus, -1);
    this.note(at);
  }

  /** Takes over what is free on a node, as the partition has it. */
  sync(at: number, free: PackFree): void {
    if (this.columns.set(at, free)) this.note(at);
  }

  private appraise({ mix, prices, weights }: Learnt): Appraisal {
    const room = new Room(this.columns, weighted(mix, weights.volumeTenths));
    const cores = prices.cpuScarcity === 0 ? undefined : new Cores(this.columns, mix, prices.residual);
    return new Appraisal(this.columns, room, this.protection, cores, prices, weights);
  }

  private forget(): void {
    this.shapes.clear();
    this.views = new WeakMap();
    this.viewed = 0;
    this.startOver();
  }

  private kept(shape: PackShape): Scores {
    const key = shapeKey(shape);
    const known = this.shapes.get(key);
    if (known) return known;
    const made: Scores = { shape, values: new Float64Array(this.columns.count), seen: 0, epoch: -1 };
    this.shapes.set(key, made);
    return made;
  }

  private note(at: number): void {
    this.appraisal.refresh(at);
    this.protection.refresh(at);
    this.protection.settle(this.logChange);
    this.logChange(at);
  }

  private readonly logChange = (at: number): void => {
    if (this.logged === this.log.length) this.startOver();
    this.newest[at] = this.logged;
    this.log[this.logged] = at;
    this.logged += 1;
  };

  /** The log is full, or worth nothing any more: those who read it begin anew. */
  private startOver(): void {
    this.epoch += 1;
    this.logged = 0;
    this.newest.fill(-1);
  }

  private choiceAt(view: View, at: number): Choice {
    const { shape, usable } = view.terms;
    const gpus = this.appraisal.gpusFor(shape, at, usable?.(at) ?? ALL);
    return { at, gpus, score: view.candidates.scores[at] ?? NEVER };
  }

  private catchUp(view: View): void {
    this.scoreAgain(view.scores);
    const { candidates, open } = view;
    if (view.epoch !== this.epoch) {
      for (let at = 0; at < this.columns.count; at += 1) candidates.scores[at] = this.valueOf(view, at);
      candidates.build();
    } else {
      for (let place = view.seen; place < this.logged; place += 1) {
        const at = this.log[place] ?? 0;
        if (this.newest[at] === place && open[at] === 1) candidates.update(at, this.valueOf(view, at));
      }
    }
    view.seen = this.logged;
    view.epoch = this.epoch;
  }

  private scoreAgain(scores: Scores): void {
    const { shape, values } = scores;
    if (scores.epoch !== this.epoch) {
      for (let at = 0; at < this.columns.count; at += 1) values[at] = this.appraisal.score(shape, at);
    } else {
      for (let place = scores.seen; place < this.logged; place += 1) {
        const at = this.log[place] ?? 0;
        if (this.newest[at] === place) values[at] = this.appraisal.score(shape, at);
      }
    }
    scores.seen = this.logged;
    scores.epoch = this.epoch;
  }

  private valueOf({ scores, open, fixed, usable }: View, at: number): number {
    if (open[at] === 0) return NEVER;
    const mask = usable ? (usable[at] ?? ALL) : ALL;
    const packed = mask === ALL ? (scores.values[at] ?? NEVER) : this.appraisal.score(scores.shape, at, mask);
    return packed === NEVER || !fixed ? packed : packed + (fixed[at] ?? 0);
  }

  private open(terms: Terms): View {
    const { allowed, fixed, usable } = terms;
    const { count } = this.columns;
    const open = new Uint8Array(count);
    const made = {
      terms,
      scores: this.kept(terms.shape),
      candidates: new Candidates(count),
      open,
      fixed: fixed && new Float64Array(count),
      usable: usable && new Int32Array(count),
      seen: 0,
      epoch: -1,
    };
    for (let at = 0; at < count; at += 1) {
      if (!allowed(at)) continue;
      open[at] = 1;
      if (made.fixed) made.fixed[at] = fixed?.(at) ?? 0;
      if (made.usable) made.usable[at] = usable?.(at) ?? ALL;
    }
    return made;
  }
}
