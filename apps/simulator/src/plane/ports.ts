import {
  Clock,
  deriveId,
  derivePrefixedId,
  SolyxError,
  type Command,
  type Decider,
  type DomainEvent,
  type Recorded,
} from '@solyx/kernel';
import {
  LiveTail,
  Snapshots,
  Streams,
  type CommandContext,
  type EventLog,
  type Outcome,
  type Snapshot,
} from '@solyx/eventing';
import { AgentConsumers, TaskLogs, Timers, type Timer } from '@solyx/cmo';
import {
  LinearSolver,
  SimulatedLessor,
  Telemetry,
  type EvictionNotice,
  type LeaseProgress,
  type SimulatedMarket,
  type WantedLease,
} from '@solyx/drm';
import { AgentIdentities, Keys } from '@solyx/gateway';
import type { Scheduler } from '../engine/scheduler';
import type { SharedLog } from '../engine/shared-log';
import type { Faults } from './faults';

/** A machine's clock: the world's, and a little off. */
export class SkewedClock extends Clock {
  constructor(
    private readonly world: Clock,
    private readonly skewMs: number,
  ) {
    super();
  }
  override now(): number {
    return this.world.now() + this.skewMs;
  }
}

export type Mutate = <C extends Command, S, E extends DomainEvent, R extends string>(
  decider: Decider<C, S, E, R>,
) => Decider<C, S, E, R>;

/** Streams whose deciders may be broken on purpose: a test of what tests. */
export class SimulatedStreams extends Streams {
  constructor(
    log: EventLog,
    snapshots: Snapshots,
    private readonly mutate: Mutate,
  ) {
    super(log, snapshots);
  }

  override transact<C extends Command, S, E extends DomainEvent, R extends string>(
    decider: Decider<C, S, E, R>,
    id: string,
    command: C,
    context: CommandContext,
  ): Promise<Outcome<S, E, R>> {
    return super.transact(this.mutate(decider), id, command, context);
  }
}

/** Snapshots as text, as a store would keep them, taken often: a restart begins with one. */
export class MemorySnapshots extends Snapshots {
  private readonly kept = new Map<string, string>();

  constructor(private readonly every: number) {
    super();
  }

  override async latest<S, E extends DomainEvent>(
    decider: Decider<Command, S, E, string> | Decider<never, S, E, string>,
    stream: string,
  ): Promise<Snapshot<S> | undefined> {
    const text = this.kept.get(stream);
    if (text === undefined || !decider.snapshot) return undefined;
    const { version, revision, position, state } = JSON.parse(text) as Record<string, string> & { version: number };
    if (version !== decider.snapshot.version) return undefined;
    return {
      state: decider.snapshot.fromJson(state),
      revision: BigInt(revision ?? '-1'),
      position: BigInt(position ?? '-1'),
    };
  }

  override async offer<S, E extends DomainEvent>(
    decider: Decider<never, S, E, string>,
    stream: string,
    before: bigint,
    { state, revision, position }: Snapshot<S>,
  ): Promise<void> {
    const { snapshot } = decider;
    const size = BigInt(this.every);
    if (!snapshot || (before + 1n) / size === (revision + 1n) / size) return;
    const json = { version: snapshot.version, revision: String(revision), position: String(position) };
    this.kept.set(stream, JSON.stringify({ ...json, state: snapshot.toJson(state) }));
  }
}

/** Answers that the gateway waits for, in virtual time. */
export class VirtualTail extends LiveTail {
  private readonly seen = new Map<string, Recorded[]>();
  private readonly waiting = new Map<string, Set<(event: Recorded) => void>>();

  constructor(
    log: SharedLog,
    private readonly scheduler: Scheduler,
  ) {
    super(log);
  }

  override async start(): Promise<void> {}
  override async stop(): Promise<void> {}

  recorded(event: Recorded): void {
    const { $correlationId } = event.metadata;
    const known = this.seen.get($correlationId);
    if (known) known.push(event);
    else this.seen.set($correlationId, [event]);
    for (const ask of [...(this.waiting.get($correlationId) ?? [])]) ask(event);
  }

  override answer(
    correlationId: string,
    predicate: (event: Recorded) => boolean,
    timeoutMs: number,
    after = -1n,
  ): Promise<Recorded | undefined> {
    const known = this.seen.get(correlationId)?.find((event) => event.position > after && predicate(event));
    if (known) return Promise.resolve(known);
    const asks = this.waiting.get(correlationId) ?? new Set();
    this.waiting.set(correlationId, asks);
    return new Promise((resolve) => {
      const end = (event: Recorded | undefined): void => {
        timer.cancel();
        asks.delete(ask);
        resolve(event);
      };
      const ask = (event: Recorded): void => {
        if (predicate(event)) end(event);
      };
      const timer = this.scheduler.after(timeoutMs, () => end(undefined));
      asks.add(ask);
    });
  }
}

/** Timers that end with the process that set them. */
export class VirtualTimers extends Timers {
  constructor(
    private readonly scheduler: Scheduler,
    private readonly clock: Clock,
    private readonly run: (name: string, work: () => Promise<void>) => void,
  ) {
    super();
  }
  override at(atMs: number, work: () => Promise<void>): Timer {
    return this.scheduler.after(atMs - this.clock.now(), () => this.run('a timer', work));
  }
}

const NOTICE_SECONDS = 10;

/** A lessor out of a table that does not always answer, and does not always deliver. Every offer says simulated. */
export class MoodyLessor extends SimulatedLessor {
  constructor(
    market: SimulatedMarket,
    private readonly faults: Faults,
  ) {
    super(market);
  }

  private answer(): void {
    const { lessor, profile } = this.faults;
    if (this.faults.happens(lessor, profile.lessorFault, 'lessor without an answer')) {
      throw new SolyxError('Unavailable', 'simulated: the lessor does not answer');
    }
  }

  private readonly delivered = new Set<string>();
  private readonly takenBack = new Set<string>();

  override async acquire(lease: WantedLease, now: number): Promise<LeaseProgress> {
    this.answer();
    const { lessor, profile } = this.faults;
    if (this.faults.happens(lessor, profile.lessorFault / 4, 'lessor that does not deliver')) {
      return { status: 'failed', reason: 'SoldOut' };
    }
    const progress = await super.acquire(lease, now);
    if (progress.status === 'ready') this.delivered.add(lease.leaseId);
    return progress;
  }

  /** Spot capacity, which some lessors take back. Said again each time, as it is until the node is gone. */
  override async evictions(): Promise<readonly EvictionNotice[]> {
    this.answer();
    const { lessor, profile } = this.faults;
    for (const leaseId of this.delivered) {
      const isTaken = this.faults.happens(lessor, profile.lessorFault / 10, 'lessor that takes a node back');
      if (isTaken) this.takenBack.add(leaseId);
    }
    return [...this.takenBack].map((leaseId) => ({ leaseId, noticeSeconds: NOTICE_SECONDS }));
  }

  override async release(leaseId = ''): Promise<void> {
    this.answer();
    this.delivered.delete(leaseId);
    this.takenBack.delete(leaseId);
  }
}

/** A thread of its own would answer when it likes: here no prices are worked out, recorded ones count as ever. */
export class NoLinearSolver extends LinearSolver {
  override readonly name = 'none';
  override async solve(): Promise<undefined> {
    return undefined;
  }
}

export class NoAgentConsumers extends AgentConsumers {
  override async ensure(): Promise<void> {}
  override async remove(): Promise<void> {}
}

export class NoTaskLogs extends TaskLogs {
  override write(): void {}
}

export class NoTelemetry extends Telemetry {
  override async record(): Promise<void> {}
}

/** Keys without a secret: here everybody may know everything. */
export class PlainKeys extends Keys {
  override parse(key: string): { readonly kind: 'test' | 'live' | 'join'; readonly id: string } | undefined {
    const [kind, id] = key.split(':');
    return kind === 'join' && id !== undefined ? { kind, id } : undefined;
  }
  override hash(key: string): string {
    return deriveId('hash', key);
  }
  override matches(hash: string, known: string): boolean {
    return hash === known;
  }
  override fresh(kind: 'test' | 'live', id: string): string {
    return `${kind}:${id}`;
  }
  override derived(kind: 'join', occasion: string): { readonly id: string; readonly key: string } {
    const id = this.idFor(occasion);
    return { id, key: `${kind}:${id}` };
  }
  override idFor(occasion: string): string {
    return derivePrefixedId('key', occasion);
  }
}

export class PlainIdentities extends AgentIdentities {
  override issue(nodeId: string, publicKey: string): { readonly jwt: string; readonly expiresAt: string } {
    return { jwt: `${nodeId}:${publicKey}`, expiresAt: '2030-01-01T00:00:00.000Z' };
  }
  override read(jwt: string): { readonly nodeId: string; readonly publicKey: string } | undefined {
    const [nodeId, publicKey] = jwt.split(':');
    return nodeId !== undefined && publicKey !== undefined ? { nodeId, publicKey } : undefined;
  }
  override verify(): boolean {
    return true;
  }
}
