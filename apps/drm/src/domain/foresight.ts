import { PartitionNodeJoined, WorkloadEnded } from '@solyx/contracts/drm';
import type { Offer } from '@solyx/contracts';
import { foreseenMs, whoAsks, whoHeld, type Durations } from './durations';
import { factsOfLease, leasesOf, termsOfLease } from './leasing';
import { evolvePartition } from './partition-evolve';
import type { PartitionDecision, PartitionEvent } from './partition-events';
import { isoOf, millisOf, type PartitionState } from './partition-state';
import { schedule } from './schedule';

/** Enough for a queue of thousands to be decided in thought. */
export const THOUGHT_BOUNDS = { decisions: 20_000, bytes: 64 * 1024 * 1024 };
const STEPS_MAX = 256;
const STEPS_MIN = 16;
/** Nodes and queued work, times steps: what one look ahead may cost. */
const EFFORT_MAX = 4_000_000;
/** The time between now and the last known end is looked at this finely. */
const SLOTS = 96;
const SLOT_MS_MIN = 1_000;

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

  get last(): number {
    return this.items[0]?.at ?? 0;
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

/** A look ahead at one speed: every run takes as long as the given part of runs like it do at most. */
class Course {
  readonly starts = new Map<string, number>();
  private readonly agenda = new Agenda();

  constructor(
    private state: PartitionState,
    private now: number,
    private readonly perMille: number,
    private readonly durations: Durations,
  ) {
    for (const { allocation, deadline } of state.held.values()) {
      const granted = millisOf(allocation.grantedAt);
      const asked = { perMille, ranMs: now - granted };
      const endsAt = granted + foreseenMs(durations, whoHeld(allocation), deadline - granted, asked);
      this.ends(allocation.workloadId, allocation.attempt, endsAt);
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
    const effort = Math.floor(EFFORT_MAX / (1 + this.state.nodeIds.length + this.state.order.length));
    const steps = Math.max(STEPS_MIN, Math.min(STEPS_MAX, effort));
    const slotMs = Math.max(SLOT_MS_MIN, Math.floor((this.agenda.last - this.now) / SLOTS));
    this.decide();
    for (let step = 0; step < steps && !this.isDone(wanted); step += 1) {
      const happened = this.agenda.take(slotMs);
      if (happened.length === 0) return;
      this.now = Math.max(this.now, ...happened.map(({ at }) => at));
      for (const one of happened) this.happen(one);
      this.decide();
    }
  }

  private isDone(wanted: ReadonlySet<string>): boolean {
    for (const workloadId of wanted) if (!this.starts.has(workloadId)) return false;
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

  private decide(): void {
    const at = isoOf(this.now);
    for (const decision of schedule(this.state, at, THOUGHT_BOUNDS)) this.follow(decision);
  }

  private follow(decision: PartitionDecision): void {
    if (decision.type === 'drm.partition.allocation-granted')
      this.granted(decision.data.allocation.workloadId, decision);
    else this.fold(decision);
    if (decision.type === 'drm.partition.lease-requested') {
      this.ready(decision.data.leaseId, decision.data.offer, this.now);
    }
  }

  private granted(workloadId: string, decision: PartitionDecision): void {
    const request = this.state.queue.get(workloadId)?.request;
    this.fold(decision);
    this.starts.set(workloadId, this.now);
    if (!request) return;
    const maximum = request.limits.maxRuntimeSeconds * 1_000;
    const takes = foreseenMs(this.durations, whoAsks(request), maximum, { perMille: this.perMille, ranMs: 0 });
    this.ends(workloadId, request.attempt, this.now + takes);
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
 * will; nothing new arrives in thought. Milliseconds since 1970; a workload that never starts within the look is
 * absent. Bounded: `STEPS_MAX` schedules, fewer for large fleets.
 */
export function startsAhead(
  state: PartitionState,
  at: string,
  perMille: number,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const course = new Course(state, millisOf(at), perMille, state.durations);
  course.run(wanted);
  return course.starts;
}
