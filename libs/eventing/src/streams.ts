import {
  deriveId,
  partsOfType,
  SolyxError,
  type Command,
  type Decider,
  type DomainEvent,
  type EventMetadata,
  type Recorded,
} from '@solyx/kernel';
import { eventRegistry, reasonOf } from '@solyx/contracts';
import type { CommandContext } from './command-context';
import { WrongExpectedRevision, type EventLog, type NewEvent } from './event-log';
import { LruMap } from './lru-map';
import type { Snapshots } from './snapshots';

export const EVENTS_PER_DECISION_MAX = 256;
export const EVENT_BYTES_MAX = 64 * 1024;
const ATTEMPTS_MAX = 3;
const CACHED_STREAMS_MAX = 10_000;

export type Outcome<S, E, R> =
  | { readonly accepted: true; readonly events: readonly E[]; readonly state: S; readonly position: bigint }
  | {
      readonly accepted: false;
      readonly reason: R;
      readonly details: Readonly<Record<string, string | number>>;
      readonly position: bigint;
    };

interface Cached<S> {
  readonly state: S;
  /** -1: no stream yet. */
  readonly revision: bigint;
  /** Position of the last event folded; -1 where there is none. */
  readonly position: bigint;
}

/**
 * The only way to append. Loads, folds, decides, appends at the version it read; on conflict reloads only the newer
 * events and decides again. State and revision are cached per stream, so that a hot command costs one append, no read.
 * Commands on one stream are taken one after another within a process; other processes are fenced by the revision.
 */
export class Streams {
  private readonly cache = new LruMap<string, Cached<unknown>>(CACHED_STREAMS_MAX);
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    readonly log: EventLog,
    private readonly snapshots?: Snapshots,
  ) {}

  /** Decides `command` on the stream `<decider.name>-<id>` and records the outcome, a refusal included. */
  transact<C extends Command, S, E extends DomainEvent, R extends string>(
    decider: Decider<C, S, E, R>,
    id: string,
    command: C,
    context: CommandContext,
  ): Promise<Outcome<S, E, R>> {
    const stream = `${decider.name}-${id}`;
    return this.inTurn(stream, async () => {
      const earlier = context.redelivered
        ? await this.earlierRefusal(decider.name, stream, command, context)
        : undefined;
      if (earlier) return earlier as Outcome<S, E, R>;
      return this.attempt(decider, stream, command, context);
    });
  }

  /** The state of one stream now, from the cache where it is warm and fresh enough for reading. */
  async load<S, E extends DomainEvent>(
    decider: Decider<never, S, E, string>,
    id: string,
  ): Promise<{ readonly state: S; readonly revision: bigint; readonly position: bigint }> {
    return this.current(decider as unknown as Decider<Command, S, E, string>, `${decider.name}-${id}`, true);
  }

  private async inTurn<T>(stream: string, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(stream) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.turns.set(stream, settled);
    try {
      return await mine;
    } finally {
      if (this.turns.get(stream) === settled) this.turns.delete(stream);
    }
  }

  private async attempt<C extends Command, S, E extends DomainEvent, R extends string>(
    decider: Decider<C, S, E, R>,
    stream: string,
    command: C,
    context: CommandContext,
  ): Promise<Outcome<S, E, R>> {
    for (let attempt = 1; ; attempt += 1) {
      const current = await this.current(decider, stream, attempt > 1);
      const decision = decider.decide(command, current.state);
      if (!decision.accepted) {
        const position = await this.recordRefusal(decider.name, stream, command, context, decision);
        return { accepted: false, reason: decision.reason, details: decision.details, position };
      }
      const { events } = decision;
      if (events.length === 0) return { accepted: true, events, state: current.state, position: current.position };
      try {
        const appended = await this.log.append(
          stream,
          this.prepare(stream, command, events, context),
          current.revision < 0n ? 'no_stream' : current.revision,
        );
        const state = events.reduce((folded, event) => decider.evolve(folded, event), current.state);
        const next = { state, revision: appended.revision, position: appended.position };
        this.cache.set(stream, next);
        await this.snapshots?.offer(decider, stream, current.revision, next);
        return { accepted: true, events, state, position: appended.position };
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) {
          this.cache.delete(stream);
          throw error;
        }
        if (attempt >= ATTEMPTS_MAX) {
          throw new SolyxError('Conflict', `${stream} kept moving`, { stream, attempts: attempt }, { cause: error });
        }
      }
    }
  }

  private async current<C extends Command, S, E extends DomainEvent, R extends string>(
    decider: Decider<C, S, E, R>,
    stream: string,
    refresh: boolean,
  ): Promise<Cached<S>> {
    const cached = this.cache.get(stream) as Cached<S> | undefined;
    if (cached && !refresh) return cached;
    const base: Cached<S> = cached ??
      (await this.snapshots?.latest(decider, stream)) ?? { state: decider.initial, revision: -1n, position: -1n };
    let { state, revision, position } = base;
    for await (const event of this.log.readStream(stream, { from: revision + 1n })) {
      state = decider.evolve(state, event as unknown as E);
      revision = event.revision;
      position = event.position;
    }
    const loaded = { state, revision, position };
    this.cache.set(stream, loaded);
    return loaded;
  }

  private prepare(
    stream: string,
    command: Command,
    events: readonly DomainEvent[],
    context: CommandContext,
  ): readonly NewEvent[] {
    if (events.length > EVENTS_PER_DECISION_MAX) {
      throw new SolyxError('ResourceExhausted', `${command.type} decided ${events.length} events at once`, {
        limit: EVENTS_PER_DECISION_MAX,
      });
    }
    return events.map((event, index) => ({
      id: deriveId(context.commandId, stream, command.type, index),
      type: event.type,
      data: eventRegistry.validate(event, EVENT_BYTES_MAX),
      metadata: metadataFor(event.type, context.contextOf?.(event) ?? context),
    }));
  }

  private async recordRefusal(
    name: string,
    stream: string,
    command: Command,
    context: CommandContext,
    refusal: { readonly reason: string; readonly details: Readonly<Record<string, string | number>> },
  ): Promise<bigint> {
    const { context: service } = partsOfType(`${name}.x`);
    const event: DomainEvent = {
      type: `${service}.command.refused`,
      data: {
        command: command.type,
        stream,
        subjectId: stream.slice(name.length + 1),
        reason: refusal.reason,
        hint: reasonOf(refusal.reason).hint,
        details: refusal.details,
      },
    };
    const refusalStream = refusalStreamOf(service, stream, command, context);
    try {
      const prepared = this.prepare(refusalStream, command, [event], context);
      return (await this.log.append(refusalStream, prepared, 'no_stream')).position;
    } catch (error) {
      // Another delivery of the same command was refused first: its answer stands.
      if (error instanceof WrongExpectedRevision) return -1n;
      throw error;
    }
  }

  private async earlierRefusal(
    name: string,
    stream: string,
    command: Command,
    context: CommandContext,
  ): Promise<Outcome<unknown, DomainEvent, string> | undefined> {
    const { context: service } = partsOfType(`${name}.x`);
    for await (const event of this.log.readStream(refusalStreamOf(service, stream, command, context), { limit: 1 })) {
      const { reason, details } = event.data as { reason: string; details: Record<string, string | number> };
      return { accepted: false, reason, details, position: event.position };
    }
    return undefined;
  }
}

const refusalStreamOf = (service: string, stream: string, command: Command, context: CommandContext): string =>
  `${service}.command-${deriveId(context.commandId, stream, command.type)}`;

function metadataFor(type: string, context: CommandContext): EventMetadata {
  return {
    version: eventRegistry.get(type)?.version ?? 1,
    organizationId: context.organizationId,
    actor: context.actor,
    $correlationId: context.correlationId,
    $causationId: context.causationId,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
}

export type { Recorded };
