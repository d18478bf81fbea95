import { PersistentMap } from '@solyx/kernel';
import type { Procurement } from '@solyx/contracts';
import type { AllocationReleased, PartitionNodeProcured, StartsForeseen } from '@solyx/contracts/drm';
import { calibrated, uncalibrated, type CalibrationState, type Foreseen } from './calibration';
import { learnDuration, noDurations, whoHeld, type Durations } from './durations';
import { millisOf } from './instants';
import type { PartitionState } from './partition-state';

/** What an owned node was bought for, and since when that is said. */
export interface Procured {
  readonly procurement: Procurement;
  readonly at: string;
}

/** What the journal has taught: what owned nodes cost, how long work runs, and how good foresight was. */
export interface Experience {
  /** By node, gone ones too: they may come back. */
  readonly procured: PersistentMap<Procured>;
  readonly durations: Durations;
  /** By workload that waits: when it should start, as was said first. */
  readonly foreseen: PersistentMap<Foreseen>;
  readonly calibration: CalibrationState;
}

export const noExperience: Experience = {
  procured: PersistentMap.empty(),
  durations: noDurations,
  foreseen: PersistentMap.empty(),
  calibration: uncalibrated,
};

const PROCURED_MAX = 20_000;

/** The owned price of a node counts from now on: what was found out of the fleet is stale. */
export function procured(
  state: PartitionState,
  { nodeId, procurement, at }: PartitionNodeProcured['data'],
): PartitionState {
  const node = state.nodes.get(nodeId);
  return {
    ...state,
    procured: state.procured.set(nodeId, { procurement, at }),
    nodes: node ? state.nodes.set(nodeId, { ...node, procurement }) : state.nodes,
    nodeIds: node ? [...state.nodeIds] : state.nodeIds,
  };
}

export const isNewPurchase = (
  { procured: known }: PartitionState,
  { nodeId, at }: PartitionNodeProcured['data'],
): boolean => at > (known.get(nodeId)?.at ?? '') && (known.has(nodeId) || known.size < PROCURED_MAX);

/** The first word on a workload stands: calibration compares it with the truth. */
const isFirstWord = ({ queue, foreseen }: PartitionState, { workloadId, attempt }: Foreseen): boolean =>
  queue.get(workloadId)?.request.attempt === attempt && !foreseen.has(workloadId);

export const isNewForesight = (state: PartitionState, { starts }: StartsForeseen['data']): boolean =>
  starts.some((one) => isFirstWord(state, one));

export function startsForeseen(state: PartitionState, { starts }: StartsForeseen['data']): PartitionState {
  let { foreseen } = state;
  for (const one of starts) if (isFirstWord(state, one)) foreseen = foreseen.set(one.workloadId, one);
  return { ...state, foreseen };
}

/** A workload waits no longer: what was foreseen of it is compared, where it started, and forgotten. */
export function waitOver(state: PartitionState, workloadId: string, startedAt?: string): PartitionState {
  const known = state.foreseen.get(workloadId);
  if (!known) return state;
  const foreseen = state.foreseen.delete(workloadId);
  if (startedAt === undefined) return { ...state, foreseen };
  return { ...state, foreseen, calibration: calibrated(state.calibration, known, startedAt) };
}

/** Ends that say nothing about how long the work would have run. */
const CUT_SHORT: ReadonlySet<string> = new Set([
  'NodeLost',
  'AttemptStale',
  'Drained',
  'LeaseEnded',
  'LeaseOrphaned',
  'Preempted',
  'Reclaimed',
  'Consolidated',
  'SpotReclaimed',
  'BudgetSpent',
]);

/** Learns how long a run took of the longest that it might have, unless someone cut it short. */
export function ranFor(state: PartitionState, { workloadId, reason, at }: AllocationReleased['data']): PartitionState {
  const held = state.held.get(workloadId);
  if (!held || CUT_SHORT.has(reason)) return state;
  const granted = millisOf(held.allocation.grantedAt);
  const ran = millisOf(at) - granted;
  const durations = learnDuration(state.durations, whoHeld(held.allocation), ran, held.deadline - granted);
  return { ...state, durations };
}
