import type { Quota } from '@solyx/contracts';
import type { Ask } from '../ask';
import type { PartitionState, QueuedWorkload } from '../partition-state';
import { NONE, plus } from './amounts';
import { isWithin } from './cohort';
import { dueMs } from './line';
import { quotaOf, UNLIMITED, type QueueState } from './queue-state';
import { dominantShare, meanOf, usedUntil } from './usage';
import { compareText } from '../compare-text';

/** Grants that may overtake the longest waiting of a queue; then it goes first. Policy, so a constant. */
export const OVERTAKEN_MAX = 200;
/** Workloads that one schedule looks at. */
const LOOKS_MAX = 20_000;
const PRIORITY_DEFAULT = 50;

/** What a workload would hold, with as few nodes as it may start with. */
export const wantedOf = ({
  gpuMilliTotal,
  cpuMilli,
  memoryMiB,
  nodesMin,
}: Pick<Ask, 'gpuMilliTotal' | 'cpuMilli' | 'memoryMiB' | 'nodesMin'>): Quota => ({
  gpuMilli: gpuMilliTotal * nodesMin,
  cpuMilli: cpuMilli * nodesMin,
  memoryMiB: memoryMiB * nodesMin,
});

const sizeOf = ({ request }: QueuedWorkload): Quota => {
  const { gpus, gpuMilli, cpuMilli, memoryMiB } = request.resources;
  return wantedOf({ gpuMilliTotal: gpus * gpuMilli, cpuMilli, memoryMiB, nodesMin: request.nodesMin ?? request.nodes });
};

interface Standing {
  readonly size: Quota;
  readonly due: number;
}

const STANDINGS = new WeakMap<QueuedWorkload, Standing>();

/** What never changes while a workload waits: worked out once, as lines are long and looked at often. */
function standingOf(workload: QueuedWorkload): Standing {
  const known = STANDINGS.get(workload);
  if (known) return known;
  const made = { size: sizeOf(workload), due: dueMs(workload.request) };
  STANDINGS.set(workload, made);
  return made;
}

/** One queue's line, while one schedule goes through it. */
class Lane {
  head: QueuedWorkload | undefined;
  private cursor = -1;
  private held: Quota;
  private readonly mean: Quota;
  private readonly weight: number;
  private readonly priority: number;
  private readonly nominal: Quota;
  private share = 0;
  /** The head would run on what is not the queue's own. */
  private borrows = true;
  private due = 0;

  constructor(
    private readonly state: PartitionState,
    private readonly queue: QueueState,
    now: number,
  ) {
    const quota = quotaOf(state, queue.organizationId, queue.name);
    const spec = quota === UNLIMITED ? undefined : quota;
    this.weight = spec?.weight ?? 1;
    this.priority = spec?.priority ?? PRIORITY_DEFAULT;
    this.nominal = spec?.nominal ?? NONE;
    this.held = queue.held;
    this.mean = meanOf(usedUntil(queue.usage, queue.held, now));
    this.weigh();
  }

  /** The head had its turn: it counts as if it had been started, so that queues take turns by their shares. */
  pass(): void {
    if (this.head) this.held = plus(this.held, standingOf(this.head).size);
    this.weigh();
  }

  next(seen: ReadonlySet<string>): void {
    this.head = undefined;
    for (this.cursor += 1; this.cursor < this.queue.line.length; this.cursor += 1) {
      const id = this.queue.line[this.cursor] ?? '';
      if (seen.has(id)) continue;
      this.head = this.state.queue.get(id);
      if (this.head) return;
    }
  }

  /** Once the head is another one, and only where there are other lanes to compare it with. */
  look(): void {
    if (!this.head) return;
    const { size, due } = standingOf(this.head);
    this.borrows = this.nominal === NONE || !isWithin(plus(this.held, size), this.nominal);
    this.due = due;
  }

  /**
   * Before the other? Work on a queue's own quota goes before borrowing; then the smallest dominant share; then the
   * queue's priority, the workload's, the least slack, and age.
   */
  isBefore(other: Lane): boolean {
    const [a, b] = [this.head?.request, other.head?.request];
    if (!a || !b) return a !== undefined;
    const order =
      Number(this.borrows) - Number(other.borrows) ||
      this.share - other.share ||
      other.priority - this.priority ||
      b.priority - a.priority ||
      this.due - other.due;
    if (order !== 0) return order < 0;
    return a.queuedAt === b.queuedAt ? a.workloadId < b.workloadId : a.queuedAt < b.queuedAt;
  }

  private weigh(): void {
    this.share = dominantShare(this.held, this.mean, this.state.capacity, this.weight);
  }
}

/** Lanes by their order: a binary heap, whose first changes place when its head has had its turn. */
class Heap {
  constructor(private readonly lanes: Lane[]) {
    for (let at = (lanes.length >> 1) - 1; at >= 0; at -= 1) this.sink(at);
  }

  get first(): Lane | undefined {
    return this.lanes[0];
  }

  settle(): void {
    this.sink(0);
  }

  private sink(from: number): void {
    const { lanes } = this;
    let at = from;
    for (;;) {
      let best = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const [one, other] = [lanes[child], lanes[best]];
        if (one && other && one.isBefore(other)) best = child;
      }
      const [top, rising] = [lanes[at], lanes[best]];
      if (best === at || !top || !rising) return;
      lanes[at] = rising;
      lanes[best] = top;
      at = best;
    }
  }
}

/** The longest waiting of each queue that was overtaken as often as may be, the longest overtaken first. */
function overtaken(state: PartitionState, queues: readonly QueueState[]): readonly QueuedWorkload[] {
  return queues
    .filter(({ ages, since }) => ages.length > 0 && state.grants - since >= OVERTAKEN_MAX)
    .sort((a, b) => a.since - b.since || compareText(a.ages[0] ?? '', b.ages[0] ?? ''))
    .flatMap(({ ages }) => state.queue.get(ages[0] ?? '') ?? []);
}

/**
 * Who goes next, by queues: whoever was overtaken too often; then, again and again, the first of the queue that has the
 * smallest dominant share for its weight, of what it holds and of what it used. A pure function of state and time.
 */
export function* byShares(state: PartitionState, now: number): Generator<QueuedWorkload> {
  const queues = [...state.queues.values()].filter(({ line }) => line.length > 0);
  const seen = new Set<string>();
  for (const workload of overtaken(state, queues)) {
    seen.add(workload.request.workloadId);
    yield workload;
  }
  const lanes = queues.map((queue) => new Lane(state, queue, now));
  for (const lane of lanes) {
    lane.next(seen);
    lane.look();
  }
  const heap = new Heap(lanes);
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const lane = heap.first;
    if (!lane?.head) return;
    yield lane.head;
    if (lanes.length > 1) lane.pass();
    lane.next(seen);
    if (lanes.length > 1) lane.look();
    heap.settle();
  }
}
