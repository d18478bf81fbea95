import {
  deriveId,
  partsOfType,
  SolyxError,
  type Command,
  type Decider,
  type DomainEvent,
  type EventMetadata,
  type Recorded,
  type Refused,
} from '@solyx/kernel';
import { eventRegistry, reasonOf } from '@solyx/contracts';
import type { CommandContext } from './command-context';
import { WrongExpectedRevision, type Appended, type EventLog, type NewEvent } from './event-log';
import type { Snapshots } from './snapshots';
import { StreamCache, type Cached } from './stream-cache';
import { inSpan, SERVICE, traceparentOf } from './tracing';

export const EVENTS_PER_DECISION_MAX = 256;
export const EVENT_BYTES_MAX = 64 * 1024;
const ATTEMPTS_MAX = 3;
/** How far back a repeated command looks for what it recorded; older repeats are the decider's to recognise. */
const REPEAT_SOUGHT_MAX = 256;

export type Outcome<S, E, R> =
  | { readonly accepted: true; readonly events: readonly E[]; readonly state: S; readonly position: bigint }
  | {
      readonly accepted: false;
      readonly reason: R;
      readonly details: Readonly<Record<string, string | number>>;
      readonly position: bigint;
    };

/**
 * The only way to append. Loads, folds, decides, appends at the version it read; on conflict reloads only the newer
 * events and decides again. State and revision are cached per stream, so that a hot command costs one append, no read.
 * Commands on one stream are taken one after another within a process; other processes are fenced by the revision.
 */
export class Streams {
  private readonly cache = new StreamCache();
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
    const service = decider.name.split('.')[0] ?? '';
    const attributes = { [SERVICE]: service, 'solyx.stream': stream, 'solyx.command': command.type };
    const { traceparent } = context;
    return inSpan({ name: `transact ${command.type}`, kind: 'internal', traceparent, attributes }, (span) => {
      const own = traceparentOf(span, traceparent);
      const traced = own === undefined ? context : { ...context, traceparent: own };
      return this.inTurn(stream, () => this.decide({ decider, stream, command, context: traced }));
    });
  }

  /** The state of one stream now, from the cache where it is warm and fresh enough for reading. */
  async load<S, E extends DomainEvent>(
    decider: Decider<never, S, E, string>,
    id: string,
  ): Promise<{ readonly state: S; readonly revision: bigint; readonly position: bigint }> {
    return this.current(decider, `${decider.name}-${id}`, true);
  }

  /**
   * The state of one stream as this process knows it: read once, then kept up to date by what it appends and hears. For
   * streams of a context's own while it leads: nobody else appends to them, and what a former leader still did is heard.
   */
  async known<S, E extends DomainEvent>(
    decider: Decider<never, S, E, string>,
    id: string,
  ): Promise<{ readonly state: S; readonly revision: bigint; readonly position: bigint }> {
    const stream = `${decider.name}-${id}`;
    return this.current(decider, stream, this.cache.isBehind(stream));
  }

  /** An event is in the log, whoever appended it: what `known` answers from now on has it. */
  heard(stream: string, revision: bigint): void {
    this.cache.heard(stream, revision);
  }

  /** Nothing that was read before is believed any more: others may have appended meanwhile. */
  forget(): void {
    this.cache.clear();
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

  /** A command that may have been decided before gets the answer that was recorded then. */
  private async decide<C extends Command, S, E extends DomainEvent, R extends string>(
    asked: Asked<C, S, E, R>,
  ): Promise<Outcome<S, E, R>> {
    const { redelivered = false } = asked.context;
    if (redelivered !== false) {
      const refused = await this.recordedRefusal(asked);
      const earlier = refused ?? (redelivered === true ? await this.recordedEvents(asked) : undefined);
      if (earlier) return earlier;
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(asked, attempt > 1);
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
        if (attempt < ATTEMPTS_MAX) continue;
        const { stream } = asked;
        throw new SolyxError('Conflict', `${stream} kept moving`, { stream, attempts: attempt }, { cause: error });
      }
    }
  }

  private async attempt<C extends Command, S, E extends DomainEvent, R extends string>(
    asked: Asked<C, S, E, R>,
    refresh: boolean,
  ): Promise<Outcome<S, E, R>> {
    const { decider, stream, command } = asked;
    const current = await this.current(decider, stream, refresh);
    const decision = decider.decide(command, current.state);
    if (!decision.accepted) return this.recordRefusal(asked, decision);
    const { events } = decision;
    const { position } = current;
    if (events.length === 0) return { accepted: true, events, state: current.state, position };
    const expected = current.revision < 0n ? 'no_stream' : current.revision;
    let appended: Appended;
    try {
      appended = await this.log.append(stream, prepare(stream, asked, events), expected);
    } catch (error) {
      // Whether it was appended may be unknown, so nothing that is remembered of the stream is believed any more.
      if (!(error instanceof WrongExpectedRevision)) this.cache.delete(stream);
      throw error;
    }
    const state = events.reduce((folded, event) => decider.evolve(folded, event), current.state);
    const next = { state, revision: appended.revision, position: appended.position };
    this.cache.set(stream, next);
    void this.snapshots?.offer(decider, stream, current.revision, next);
    return { accepted: true, events, state, position: appended.position };
  }

  private async current<C extends Command, S, E extends DomainEvent, R extends string>(
    decider: Decider<C, S, E, R>,
    stream: string,
    refresh: boolean,
  ): Promise<Cached<S>> {
    const cached = this.cache.get<S>(stream);
    if (cached && !refresh) return cached;
    const begun = this.cache.reading();
    const base: Cached<S> = cached ??
      (await this.snapshots?.latest(decider, stream)) ?? { state: decider.initial, revision: -1n, position: -1n };
    let { state, revision, position } = base;
    for await (const event of this.log.readStream(stream, { from: revision + 1n })) {
      state = decider.evolve(state, event as unknown as E);
      revision = event.revision;
      position = event.position;
    }
    const loaded = { state, revision, position };
    // A read beside a running command may end after it, with an older state than that left.
    this.cache.setRead(stream, loaded, begun);
    return loaded;
  }

  /** Records a refusal once; where another delivery of the command was refused first, its answer stands. */
  private async recordRefusal<C extends Command, S, E extends DomainEvent, R extends string>(
    asked: Asked<C, S, E, R>,
    refusal: Refused<R>,
  ): Promise<Outcome<S, E, R>> {
    const { decider, stream, command } = asked;
    const service = serviceOf(decider.name);
    const event: DomainEvent = {
      type: `${service}.command.refused`,
      data: {
        command: command.type,
        stream,
        subjectId: stream.slice(decider.name.length + 1),
        reason: refusal.reason,
        hint: reasonOf(refusal.reason).hint,
        details: refusal.details,
      },
    };
    const refusalStream = refusalStreamOf(asked);
    try {
      await this.log.append(refusalStream, prepare(refusalStream, asked, [event]), 'no_stream');
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
    const recorded = await this.recordedRefusal(asked);
    if (!recorded) throw new SolyxError('Unavailable', `the refusal in ${refusalStream} cannot be read back`);
    return recorded;
  }

  private async recordedRefusal<C extends Command, S, E extends DomainEvent, R extends string>(
    asked: Asked<C, S, E, R>,
  ): Promise<Outcome<S, E, R> | undefined> {
    for await (const event of this.log.readStream(refusalStreamOf(asked), { limit: 1 })) {
      const { reason, details } = event.data as { reason: R; details: Refused<R>['details'] };
      return { accepted: false, reason, details, position: event.position };
    }
    return undefined;
  }

  /** The events that an earlier delivery of this command recorded, where they are among the newest of the stream. */
  private async recordedEvents<C extends Command, S, E extends DomainEvent, R extends string>(
    asked: Asked<C, S, E, R>,
  ): Promise<Outcome<S, E, R> | undefined> {
    const { decider, stream } = asked;
    const first = eventId(stream, asked, 0);
    const newest: Recorded[] = [];
    const reading = this.log.readStream(stream, { direction: 'backwards', limit: REPEAT_SOUGHT_MAX });
    for await (const event of reading) {
      newest.unshift(event);
      if (event.id !== first) continue;
      const own = newest.filter(({ id }, index) => id === eventId(stream, asked, index));
      const { state } = await this.current(decider, stream, true);
      const events = own.map(({ type, data }) => ({ type, data }) as unknown as E);
      return { accepted: true, events, state, position: own[own.length - 1]?.position ?? event.position };
    }
    return undefined;
  }
}

/** One command, and where it goes. */
interface Asked<C extends Command, S, E extends DomainEvent, R extends string> {
  readonly decider: Decider<C, S, E, R>;
  readonly stream: string;
  readonly command: C;
  readonly context: CommandContext;
}

interface Identified {
  readonly command: Command;
  readonly context: CommandContext;
}

const serviceOf = (deciderName: string): string => partsOfType(deciderName).context;

/** The same command on the same stream gives the same ids, so a repeated append is the same append. */
const eventId = (stream: string, { command, context }: Identified, index: number): string =>
  deriveId(context.commandId, stream, command.type, index);

const refusalStreamOf = ({
  decider,
  stream,
  command,
  context,
}: Identified & { readonly decider: { readonly name: string }; readonly stream: string }): string =>
  `${serviceOf(decider.name)}.command-${deriveId(context.commandId, stream, command.type)}`;

function prepare(stream: string, asked: Identified, events: readonly DomainEvent[]): readonly NewEvent[] {
  const { command, context } = asked;
  if (events.length > EVENTS_PER_DECISION_MAX) {
    throw new SolyxError('ResourceExhausted', `${command.type} decided ${events.length} events at once`, {
      limit: EVENTS_PER_DECISION_MAX,
    });
  }
  return events.map((event, index) => ({
    id: eventId(stream, asked, index),
    type: event.type,
    data: eventRegistry.validate(event, EVENT_BYTES_MAX),
    metadata: metadataFor(event.type, context.contextOf?.(event) ?? context),
  }));
}

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
