import type { JobClass } from './ground';
import type { ReplayPolicy } from './policies';

/** Jobs of one queue, priority and class: whichever of them came first goes first, so only it is looked at. */
export interface Group {
  readonly queue: string;
  readonly priority: number;
  readonly jobClass: JobClass;
  /** Places of jobs, in order of arrival. */
  readonly waiting: number[];
  /** How many of them are gone from the front. */
  gone: number;
  /** It found no room, and nothing came free since that it could use. */
  blocked: boolean;
  /** When others were last asked to leave for it. */
  askedAt: number;
}

export const headOf = ({ waiting, gone }: Group): number | undefined => waiting[gone];

/** Emptied fronts are cut off once they are long. */
const CUT_AT = 1024;

/** By what it is decided whose turn it is. */
interface Turn {
  readonly policy: ReplayPolicy;
  readonly shares: ReadonlyMap<string, number>;
  readonly now: number;
}

/** Those that wait. */
export class Line {
  private readonly groups = new Map<string, Group>();
  private readonly byClass = new Map<number, Group[]>();
  length = 0;

  constructor(private readonly arrivals: (job: number) => number) {}

  add(job: number, queue: string, priority: number, jobClass: JobClass): void {
    const key = `${queue}|${priority}|${jobClass.id}`;
    let group = this.groups.get(key);
    if (!group) {
      group = { queue, priority, jobClass, waiting: [], gone: 0, blocked: false, askedAt: -1e9 };
      this.groups.set(key, group);
      const same = this.byClass.get(jobClass.id) ?? [];
      same.push(group);
      this.byClass.set(jobClass.id, same);
    }
    this.length += 1;
    const { waiting } = group;
    const at = this.arrivals(job);
    // One that was made to leave keeps the place it had.
    let place = waiting.length;
    while (place > group.gone && this.arrivals(waiting[place - 1] ?? 0) > at) place -= 1;
    if (place === waiting.length) waiting.push(job);
    else waiting.splice(place, 0, job);
  }

  takeHead(group: Group): void {
    group.gone += 1;
    this.length -= 1;
    if (group.gone < CUT_AT) return;
    group.waiting.splice(0, group.gone);
    group.gone = 0;
  }

  /** Room of this class may be there again. */
  unblock(classId: number): void {
    for (const group of this.byClass.get(classId) ?? []) group.blocked = false;
  }

  /** Those that wait longer than `after`, and did not ask others to leave within `again` seconds, may look once more. */
  wake(now: number, after: number, again: number): void {
    for (const group of this.groups.values()) {
      const head = headOf(group);
      if (head === undefined || !group.blocked || now - group.askedAt < again) continue;
      if (now - this.arrivals(head) >= after) group.blocked = false;
    }
  }

  /** Is a group of this class held up, so that it is worth asking whether room is there again? */
  isHeldUp(classId: number): boolean {
    return (this.byClass.get(classId) ?? []).some((group) => group.blocked && headOf(group) !== undefined);
  }

  /** The group that comes first by the policy, of those that are not blocked. */
  first(policy: ReplayPolicy, shares: ReadonlyMap<string, number>, now: number): Group | undefined {
    let best: Group | undefined;
    for (const group of this.groups.values()) {
      const head = headOf(group);
      if (head === undefined || group.blocked) continue;
      if (!best || this.isBefore({ policy, shares, now }, group, best)) best = group;
    }
    return best;
  }

  private isBefore({ policy, shares, now }: Turn, a: Group, b: Group): boolean {
    const [one, other] = [headOf(a) ?? 0, headOf(b) ?? 0];
    const byArrival = this.arrivals(one) - this.arrivals(other) || one - other;
    if (policy.order === 'arrival') return byArrival < 0;
    const byShare = (shares.get(a.queue) ?? 0) - (shares.get(b.queue) ?? 0);
    if (policy.order === 'dominant-share') return (byShare || byArrival) < 0;
    const isOld = (job: number): number => (now - this.arrivals(job) > AGED_SECONDS ? 1 : 0);
    const old = isOld(one);
    if (old + isOld(other) > 0) return (isOld(other) - old || byArrival) < 0;
    return (b.priority - a.priority || byShare || byArrival) < 0;
  }
}

/** Who waited so long goes before all others. */
const AGED_SECONDS = 900;
