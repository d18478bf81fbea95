import type { ReservationSpec, WorkloadRequest } from '@solyx/contracts';
import { askOf } from '../ask';
import { giveBack } from '../capacity';
import { lacking } from '../filter';
import { isOwner, roomOn, type Owner } from '../future';
import { millisOf } from '../instants';
import { shapeOf, type HeldAllocation, type NodeState } from '../partition-state';
import type { Run } from '../run';
import { knownView, type Eligible, type ShapeView } from '../shape-view';

/** Reservations that one schedule keeps room for: the first to begin. */
const RESERVED_MAX = 64;

/** A reservation asks for room as a workload does that runs for all of its time. */
const requestOf = ({ reservationId, startsAt, endsAt, ...spec }: ReservationSpec): WorkloadRequest => ({
  ...{ workloadId: reservationId, attempt: 1, organizationId: spec.organizationId, project: 'reservation' },
  ...{ name: spec.name, resources: spec.resources, nodes: spec.nodes, placement: spec.placement },
  limits: { maxRuntimeSeconds: Math.max(1, Math.ceil((millisOf(endsAt) - millisOf(startsAt)) / 1000)) },
  ...{ priority: 0, data: [], queuedAt: startsAt },
});

const ownerOf = ({ organizationId, queue }: ReservationSpec): Owner => ({
  organizationId,
  ...(queue === undefined ? {} : { queue }),
});

/** Those in force now or later, the first to begin first. */
function inForce({ draft }: Run): readonly ReservationSpec[] {
  const specs: ReservationSpec[] = [];
  for (const { spec } of draft.state.reservations.values()) if (spec && spec.endsAt > draft.at) specs.push(spec);
  return specs
    .sort((a, b) =>
      a.startsAt === b.startsAt ? (a.reservationId < b.reservationId ? -1 : 1) : a.startsAt < b.startsAt ? -1 : 1,
    )
    .slice(0, RESERVED_MAX);
}

/** What its owner has started within it, by node: part of what is kept. */
function startedWithin(run: Run, spec: ReservationSpec): ReadonlyMap<string, readonly HeldAllocation[]> {
  const started = new Map<string, HeldAllocation[]>();
  if (spec.startsAt > run.draft.at) return started;
  for (const held of run.draft.state.held.values()) {
    const { organizationId, grantedAt, shares } = held.allocation;
    if (grantedAt < spec.startsAt || !isOwner(ownerOf(spec), { organizationId, queue: held.stake.queue })) continue;
    for (const { nodeId } of shares) started.set(nodeId, [...(started.get(nodeId) ?? []), held]);
  }
  return started;
}

interface Wanted {
  readonly spec: ReservationSpec;
  readonly view: ShapeView;
  readonly from: number;
  readonly until: number;
}

/** Keeps the room on one node, less what its owner holds of it already; false where it has none. */
function keepOn(
  run: Run,
  { spec, view, ...window }: Wanted,
  eligible: Eligible,
  mine: readonly HeldAllocation[],
): boolean {
  const { future, fleet, draft } = run;
  const node = fleet.nodes[eligible.at];
  if (!node) return false;
  const { nodeId } = eligible;
  const shares = mine.flatMap(({ allocation }) => allocation.shares.filter((share) => share.nodeId === nodeId));
  const emptied = mine.reduce<NodeState>(
    (left, { allocation }) =>
      allocation.shares
        .filter((share) => share.nodeId === nodeId)
        .reduce((then, share) => giveBack(then, share, allocation.workloadId, node.idleSince), left),
    node,
  );
  const free = future.during(draft.state, emptied, window, undefined);
  if (lacking(free, view.ask, eligible.suited.places) !== undefined) return false;
  const room = roomOn(free, eligible, view.ask);
  const held = new Set(shares.flatMap(({ gpuIndexes }) => gpuIndexes));
  const gpuIndexes = room.gpuIndexes.filter((index) => !held.has(index));
  const left = {
    ...room,
    gpuIndexes,
    gpuMilli: room.gpuIndexes.length === 0 ? 0 : (room.gpuMilli / room.gpuIndexes.length) * gpuIndexes.length,
    cpuMilli: Math.max(0, room.cpuMilli - shares.reduce((sum, { cpuMilli }) => sum + cpuMilli, 0)),
    memoryMiB: Math.max(0, room.memoryMiB - shares.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0)),
  };
  future.keep({ ...window, id: spec.reservationId, room: left, owner: ownerOf(spec), isOpen: true });
  return true;
}

/** Where running work stands in the way, the room is kept from when it ends. */
function keepLater(run: Run, wanted: Wanted, late: readonly Eligible[], nodes: number): void {
  if (nodes === 0) return;
  const open = new Map(late.map((eligible) => [eligible.nodeId, eligible]));
  let left = nodes;
  for (const { at, nodeIds } of [...run.future.turningsOf(run.draft.state)]) {
    if (left === 0 || run.future.isFull || at >= wanted.until) return;
    if (at <= wanted.from) continue;
    for (const nodeId of nodeIds) {
      const eligible = open.get(nodeId);
      if (!eligible || left === 0 || !keepOn(run, { ...wanted, from: at }, eligible, [])) continue;
      open.delete(nodeId);
      left -= 1;
    }
  }
}

/**
 * Keeps room for each reservation, from its start to its end, on nodes that will be free then; before it begins nobody
 * starts there who would still run. What its owner starts within it uses it up.
 */
export function reserve(run: Run): void {
  const { draft, now, fleet, market, future } = run;
  if (draft.state.reservations.size === 0) return;
  for (const spec of inForce(run)) {
    const request = requestOf(spec);
    const shape = shapeOf(request, draft.state.policy);
    const view = knownView(draft.state, fleet, market, { shape, ask: askOf(request) });
    const wanted = { spec, view, from: Math.max(now, millisOf(spec.startsAt)), until: millisOf(spec.endsAt) };
    const started = startedWithin(run, spec);
    const nodes = [...view.eligible].sort(
      (a, b) => Number(started.has(b.nodeId)) - Number(started.has(a.nodeId)) || a.at - b.at,
    );
    const late: Eligible[] = [];
    let left = spec.nodes;
    for (const eligible of nodes) {
      if (left === 0 || future.isFull) break;
      if (keepOn(run, wanted, eligible, started.get(eligible.nodeId) ?? [])) left -= 1;
      else late.push(eligible);
    }
    keepLater(run, wanted, late, left);
  }
}
