import { PersistentMap } from '@solyx/kernel';
import type { WorkloadRequest } from '@solyx/contracts';
import type { ShadowPricesObserved, WorkloadQueued } from '@solyx/contracts/drm';
import { CLASSES_MAX, order, type DemandClass, type Mix } from './packing/mix';
import type { PartitionState } from './partition-state';
import { compareText } from './compare-text';

/**
 * How often each class of work was asked for, what is long ago counting less: each arrival adds a unit, and the unit
 * grows by a sixteenth every 512 arrivals, so an arrival's weight halves in about 5,850. Whole numbers only.
 */
export interface Demand {
  /** By class. */
  readonly counts: PersistentMap<DemandClass>;
  readonly unit: number;
  /** Arrivals since the unit grew. */
  readonly since: number;
}

/** What the journal taught about demand: the mix, and what slices of GPUs are worth under one. */
export interface Learning {
  readonly demand: Demand;
  /** The mix that placement goes by: taken from the counts now and then, so that not each arrival changes every score. */
  readonly mix: Mix;
  /** The newest prices; version 0 before the first. */
  readonly shadow: Pick<ShadowPricesObserved['data'], 'version' | 'slices'>;
}

const UNIT = 1_024;
const UNIT_MAX = 1_048_576;
const ARRIVALS_PER_STEP = 512;
const STEP = 16;

export const nothingLearnt: Learning = {
  demand: { counts: PersistentMap.empty(), unit: UNIT, since: 0 },
  mix: [],
  shadow: { version: 0, slices: [] },
};

const classOf = ({ resources }: WorkloadRequest): Omit<DemandClass, 'count'> => {
  const { gpus, gpuMilli, cpuMilli, memoryMiB, gpuModel } = resources;
  const models = gpuModel === undefined || gpus === 0 ? undefined : [gpuModel];
  return { gpus, gpuMilli: gpus === 0 ? 0 : gpuMilli, cpuMilli, memoryMiB, models };
};

const keyOf = ({ gpus, gpuMilli, cpuMilli, memoryMiB, models }: Omit<DemandClass, 'count'>): string =>
  `${gpus}|${gpuMilli}|${cpuMilli}|${memoryMiB}|${models?.join('|') ?? ''}`;

/** Twice as many as the mix keeps: then those asked for the least go at once, so that an arrival costs next to nothing. */
const COUNTED_MAX = 2 * CLASSES_MAX;

function pruned(counts: PersistentMap<DemandClass>): PersistentMap<DemandClass> {
  if (counts.size <= COUNTED_MAX) return counts;
  const byCount = [...counts.entries()].sort(([a, one], [b, other]) => other.count - one.count || compareText(a, b));
  return PersistentMap.of(byCount.slice(0, CLASSES_MAX));
}

/** Counts what one request asks of each of its nodes. */
export function askedFor(demand: Demand, request: WorkloadRequest): Demand {
  const one = classOf(request);
  const key = keyOf(one);
  const count = (demand.counts.get(key)?.count ?? 0) + demand.unit * request.nodes;
  return aged({ ...demand, counts: pruned(demand.counts.set(key, { ...one, count })), since: demand.since + 1 });
}

function aged(demand: Demand): Demand {
  if (demand.since < ARRIVALS_PER_STEP) return demand;
  const unit = demand.unit + Math.floor(demand.unit / STEP);
  if (unit <= UNIT_MAX) return { ...demand, unit, since: 0 };
  const scale = UNIT_MAX / UNIT;
  const kept = [...demand.counts.entries()]
    .map(([key, one]) => [key, { ...one, count: Math.floor(one.count / scale) }] as const)
    .filter(([, { count }]) => count > 0);
  return { counts: PersistentMap.of(kept), unit: Math.floor(unit / scale), since: 0 };
}

/** The mix of work, in one order whatever order it came in. */
export const mixOf = ({ counts }: Demand): Mix => [...counts.values()].sort(order);

/** At first whenever the arrivals have doubled, then with each step of ageing. */
const isDue = ({ since, unit }: Demand): boolean => since === 0 || (unit === UNIT && (since & (since - 1)) === 0);

/** A first attempt is demand; another is the same demand again. */
export function demanded(state: PartitionState, { request }: WorkloadQueued['data']): PartitionState {
  if (request.attempt > 1) return state;
  const demand = askedFor(state.demand, request);
  return { ...state, demand, mix: isDue(demand) ? mixOf(demand) : state.mix };
}

/** Prices go with the mix that they were worked out for, or nearly that. */
export const shadowPriced = (
  state: PartitionState,
  { version, slices }: ShadowPricesObserved['data'],
): PartitionState => ({ ...state, mix: mixOf(state.demand), shadow: { version, slices } });
