import { PartitionNodeJoined, WorkloadEnded } from '@solyx/contracts/drm';
import type { Offer, WorkloadRequest } from '@solyx/contracts';
import { WHOLE_GPU } from './capacity';
import { foreseenMs, whoAsks, whoHeld } from './durations';
import { factsOfLease, leasesOf, termsOfLease } from './leasing';
import { evolvePartition } from './partition-evolve';
import type { PartitionDecision, PartitionEvent } from './partition-events';
import { isoOf, millisOf, type PartitionState } from './partition-state';
import { inThought } from './schedule';

/** Enough for a queue of thousands to be decided in thought. */
export const THOUGHT_BOUNDS = { decisions: 20_000, bytes: 64 * 1024 * 1024 };
const STEPS_MAX = 48;
const STEPS_MIN = 12;
/** Steps times nodes and waiting work: what one look ahead may cost, a few tenths of a second. */
const EFFORT_MAX = 8_000;
/** Work behind the last that is asked for: some of it may slip in. */
const BEHIND_KEPT = 16;
const SLOT_MS_MIN = 1_000;
const PPM = 1_000_000;

/** Something that will happen, if work runs as long as it should. */
type Coming =
  | { readonly at: number; readonly kind: 'end'; readonly workloadId: string; readonly attempt: number }
  | { readonly at: number; readonly kind: 'ready'; readonly leaseId: string; readonly offer: Offer }
  | { readonly at: number; readonly kind: 'wake' };

/** What is to come, the next first. Short lists: a bounded fleet's work. */
class Agenda {
  private readonly items: Coming[] = [];

  add(item: Coming): void {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      // The list is kept with the next at its end, where taking is cheap.
      if ((this.items[middle]?.at ?? 0) > item.at) low = middle + 1;
      else high = middle;
    }
    this.items.splice(low, 0, item);
  }

  /** All that happens within a slot from the next on. */
  take(slotMs: number): readonly Coming[] {
    const next = this.items[this.items.length - 1];
    if (!next) return [];
    const taken: Coming[] = [];
    for (let item = this.items.pop(); item; item = this.items.pop()) {
      if (item.at > next.at + slotMs) {
        this.items.push(item);
        break;
      }
      taken.push(item);
    }
    return taken;
  }
}

/** How much of the fleet a workload takes for how long, in milliseconds of the whole fleet, rounded up. */
class Loads {
  private gpuMilli = 0;
  private cpuMilli = 0;

  constructor({ nodeIds, nodes }: PartitionState) {
    for (const nodeId of nodeIds) {
      const node = nodes.get(nodeId);
      this.gpuMilli += (node?.facts.gpus.length ?? 0) * WHOLE_GPU;
      this.cpuMilli += node?.facts.cpuMilli ?? 0;
    }
  }

  of(gpuMilli: number, cpuMilli: number, ms: number): number {
    const share = (wanted: number, all: number): number => (all === 0 ? 0 : Math.ceil((wanted * PPM) / all));
    const dominant = Math.max(share(gpuMilli, this.gpuMilli), share(cpuMilli, this.cpuMilli));
    return Math.ceil((Math.ceil(ms / 1_000) * dominant) / 1_000);
  }
}

/** A look ahead at one speed: every run takes as long as the given part of runs like it do at most. */
class Course {
  readonly starts = new Map<string, number>();
  private readonly agenda = new Agenda();
  private readonly loads: Loads;
  /** Of the whole fleet, what runs will still take. */
  private running = 0;

  constructor(
    private state: PartitionState,
    private now: number,
    private readonly perMille: number,
  ) {
    this.loads = new Loads(state);
    for (const { allocation, deadline } of state.held.values()) {
      const granted = millisOf(allocation.grantedAt);
      const asked = { perMille, ranMs: now - granted };
      const endsAt = granted + foreseenMs(state.durations, whoHeld(allocation), deadline - granted, asked);
      this.ends(allocation.workloadId, allocation.attempt, endsAt);
      for (const share of allocation.shares) {
        this.running += this.loads.of(share.gpuMilli, share.cpuMilli, Math.max(0, endsAt - now));
      }
    }
    for (const { leaseId, offer, phase, requestedAt } of leasesOf(state)) {
      if (phase === 'pending') this.ready(leaseId, offer, millisOf(requestedAt));
    }
    for (const { request } of state.queue.values()) {
      if (request.notBefore !== undefined) this.wakes(millisOf(request.notBefore));
    }
  }

  /** Until all that is asked for has started, or nothing more is to come. */
  run(wanted: ReadonlySet<string>): void {
    const line = this.decide();
    const last = line.reduce((found, { workloadId }, place) => (wanted.has(workloadId) ? place : found), -1);
    if (last < 0) return;
    const ahead = line.slice(0, last + 1);
    this.keep(line.slice(0, last + 1 + BEHIND_KEPT));
    const size = 1 + this.state.nodeIds.length + this.state.order.length;
    const steps = Math.min(STEPS_MAX, Math.floor(EFFORT_MAX / size));
    const drained = ahead.reduce((sum, request) => sum + this.loadOf(request), this.running);
    if (steps >= STEPS_MIN) this.play(wanted, steps, Math.max(SLOT_MS_MIN, Math.ceil((2 * drained) / steps)));
    else this.flow(ahead, wanted);
  }

  /** Step by step, with all that happens within a slot as one. */
  private play(wanted: ReadonlySet<string>, steps: number, slotMs: number): void {
    for (let step = 0; step < steps && !this.isDone(wanted); step += 1) {
      const happened = this.agenda.take(slotMs);
      if (happened.length === 0) return;
      this.now = Math.max(this.now, ...happened.map(({ at }) => at));
      for (const one of happened) this.happen(one);
      this.decide();
    }
    const line = [...this.state.order].flatMap((id) => this.state.queue.get(id)?.request ?? []);
    if (!this.isDone(wanted)) this.flow(line, wanted);
  }

  /** As if the fleet were one, and work a fluid: for lines that are too long to be played. */
  private flow(line: readonly WorkloadRequest[], wanted: ReadonlySet<string>): void {
    let drained = this.running;
    for (const request of line) {
      if (wanted.has(request.workloadId)) this.starts.set(request.workloadId, this.now + drained);
      drained += this.loadOf(request);
    }
  }

  private loadOf(request: WorkloadRequest): number {
    const { resources, nodes } = request;
    const gpuMilli = resources.gpus * resources.gpuMilli * nodes;
    return this.loads.of(gpuMilli, resources.cpuMilli * nodes, this.takes(request));
  }

  private takes(request: WorkloadRequest): number {
    const maximum = request.limits.maxRuntimeSeconds * 1_000;
    const asked = { perMille: this.perMille, ranMs: 0 };
    return foreseenMs(this.state.durations, whoAsks(request), maximum, asked);
  }

  /** In thought only this part of the line waits. */
  private keep(line: readonly WorkloadRequest[]): void {
    const kept = new Set(line.map(({ workloadId }) => workloadId));
    let { queue } = this.state;
    for (const id of this.state.order) if (!kept.has(id)) queue = queue.delete(id);
    this.state = { ...this.state, queue, order: this.state.order.filter((id) => kept.has(id)) };
  }

  private isDone(wanted: ReadonlySet<string>): boolean {
    for (const workloadId of wanted) {
      if (!this.starts.has(workloadId) && this.state.queue.has(workloadId)) return false;
    }
    return true;
  }

  private happen(one: Coming): void {
    const at = isoOf(this.now);
    if (one.kind === 'end') {
      const { workloadId, attempt } = one;
      this.fold(WorkloadEnded({ workloadId, attempt, reason: 'Succeeded', at }));
    } else if (one.kind === 'ready') {
      const { leaseId, offer } = one;
      if (this.state.leases.get(leaseId)?.phase !== 'pending') return;
      this.fold(PartitionNodeJoined({ terms: termsOfLease(leaseId, offer), facts: factsOfLease(leaseId, offer), at }));
    }
  }

  /** Who waits then, in the order in which they are looked at. */
  private decide(): readonly WorkloadRequest[] {
    const { decisions, waiting } = inThought(this.state, isoOf(this.now), THOUGHT_BOUNDS);
    for (const decision of decisions) this.follow(decision);
    return waiting.map(({ workload }) => workload.request);
  }

  private follow(decision: PartitionDecision): void {
    if (decision.type === 'drm.partition.allocation-granted') {
      this.granted(decision.data.allocation.workloadId, decision);
      return;
    }
    this.fold(decision);
    if (decision.type === 'drm.partition.lease-requested') {
      this.ready(decision.data.leaseId, decision.data.offer, this.now);
    }
  }

  private granted(workloadId: string, decision: PartitionDecision): void {
    const request = this.state.queue.get(workloadId)?.request;
    this.fold(decision);
    this.starts.set(workloadId, this.now);
    if (request) this.ends(workloadId, request.attempt, this.now + this.takes(request));
  }

  private fold(event: PartitionEvent): void {
    this.state = evolvePartition(this.state, event);
  }

  private ends(workloadId: string, attempt: number, at: number): void {
    this.agenda.add({ kind: 'end', workloadId, attempt, at: Math.max(at, this.now + 1) });
  }

  private ready(leaseId: string, offer: Offer, requestedAt: number): void {
    const at = Math.max(requestedAt + offer.bootSeconds * 1_000, this.now + 1);
    this.agenda.add({ kind: 'ready', leaseId, offer, at });
  }

  private wakes(at: number): void {
    if (at > this.now) this.agenda.add({ kind: 'wake', at });
  }
}

/**
 * When each of some waiting workloads would start, were every run as long as `perMille` of the runs like it are at
 * most. The scheduler itself is run forward over what is known to end, so that queue, quota and backfill count as they
 * will; nothing new arrives in thought. Milliseconds since 1970; a workload that nothing which is known lets start is
 * absent. Bounded by `EFFORT_MAX`: the longer the line, the coarser the steps; past that work flows like water.
 */
export function startsAhead(
  state: PartitionState,
  at: string,
  perMille: number,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const course = new Course(state, millisOf(at), perMille);
  course.run(wanted);
  return course.starts;
}
