import type { Route } from '@solyx/contracts';
import { PersistentMap, type SnapshotCodec } from '@solyx/kernel';
import { compareText } from './compare-text';
import type { Demand } from './demand';
import type { DemandClass } from './packing/mix';
import { emptyPartition, type PartitionState } from './partition-state';
import type { Remembered } from './remembered';

type Entries<V> = readonly (readonly [string, V])[];

/** By id, so that equal states give equal text whatever their history. */
const entriesOf = <V>(map: PersistentMap<V>): Entries<V> => [...map.entries()].sort(([a], [b]) => compareText(a, b));

const generationsOf = <V>({ young, old }: Remembered<V>): { young: Entries<V>; old: Entries<V> } => ({
  young: entriesOf(young),
  old: entriesOf(old),
});

type MapsOf<T> = {
  readonly [Key in keyof T]: T[Key] extends PersistentMap<infer V>
    ? Entries<V>
    : T[Key] extends Remembered<infer V>
      ? { readonly young: Entries<V>; readonly old: Entries<V> }
      : T[Key] extends Demand
        ? Omit<Demand, 'counts'> & { readonly counts: Entries<DemandClass> }
        : T[Key] extends ReadonlyMap<string, Route>
          ? Entries<Route>
          : T[Key];
};

/** The state as JSON. */
export type PartitionJson = MapsOf<PartitionState>;

function toJson(state: PartitionState): PartitionJson {
  return {
    ...state,
    nodes: entriesOf(state.nodes),
    queue: entriesOf(state.queue),
    held: entriesOf(state.held),
    claims: entriesOf(state.claims),
    stakes: entriesOf(state.stakes),
    leases: entriesOf(state.leases),
    offers: entriesOf(state.offers),
    procured: entriesOf(state.procured),
    durations: entriesOf(state.durations),
    foreseen: entriesOf(state.foreseen),
    demand: { ...state.demand, counts: entriesOf(state.demand.counts) },
    queues: entriesOf(state.queues),
    quotas: entriesOf(state.quotas),
    reservations: entriesOf(state.reservations),
    routes: [...state.routes],
    ended: generationsOf(state.ended),
    gone: generationsOf(state.gone),
    decidedAdvice: generationsOf(state.decidedAdvice),
  };
}

const remembered = <V>(
  { young, old }: { readonly young: Entries<V>; readonly old: Entries<V> },
  { limit }: Remembered<V>,
): Remembered<V> => ({ young: PersistentMap.of(young), old: PersistentMap.of(old), limit });

function fromJson(json: unknown): PartitionState {
  const state = json as PartitionJson;
  return {
    ...state,
    autonomy: state.autonomy,
    nodes: PersistentMap.of(state.nodes),
    queue: PersistentMap.of(state.queue),
    held: PersistentMap.of(state.held),
    claims: PersistentMap.of(state.claims),
    stakes: PersistentMap.of(state.stakes),
    leases: PersistentMap.of(state.leases),
    offers: PersistentMap.of(state.offers),
    procured: PersistentMap.of(state.procured),
    durations: PersistentMap.of(state.durations),
    foreseen: PersistentMap.of(state.foreseen),
    demand: { ...state.demand, counts: PersistentMap.of(state.demand.counts) },
    queues: PersistentMap.of(state.queues),
    quotas: PersistentMap.of(state.quotas),
    reservations: PersistentMap.of(state.reservations),
    routes: new Map(state.routes),
    ended: remembered(state.ended, emptyPartition.ended),
    gone: remembered(state.gone, emptyPartition.gone),
    decidedAdvice: remembered(state.decidedAdvice, emptyPartition.decidedAdvice),
  };
}

const EVENTS_BETWEEN_SNAPSHOTS = 1_000;

/** Raise the version when the state's shape changes: older snapshots are then not read. */
export const partitionSnapshot: SnapshotCodec<PartitionState> = {
  version: 4,
  every: EVENTS_BETWEEN_SNAPSHOTS,
  toJson,
  fromJson,
};
