import { Injectable } from '@nestjs/common';
import { anchor, Clock, deriveId, derivePrefixedId, SolyxError, type Recorded } from '@solyx/kernel';
import { LiveTail, Streams, type CommandContext } from '@solyx/eventing';
import { requestDecider, type RequestCommand } from '../domain/request';
import { Freshness } from './freshness';
import type { Operation } from './operation';
import { isRefusal, refusalOf, toRefusal, type Refusal } from './refusal';

/** How long a mutation waits for the event that answers it. */
export const ANSWER_WAIT_MS = 5_000;
const KEY = /^[\x21-\x7e]{1,128}$/;

export interface RequestIds {
  readonly requestId: string;
  /** Of the normalised input. */
  readonly fingerprint: string;
  readonly at: string;
}

export interface RecordedRequest {
  readonly position: bigint;
  /** The same request was recorded before. */
  readonly repeated: boolean;
}

export interface Ack {
  readonly __typename: 'Ack';
  readonly id: string;
  readonly position: string;
}

/** What a request is about, and which event answers it; none where nothing does. */
export interface Answered {
  readonly id: string;
  readonly answers?: ((event: Recorded) => boolean) | undefined;
}

/** Records what customers ask for, once per idempotency key, and waits for the events that answer. */
@Injectable()
export class Requests {
  constructor(
    private readonly streams: Streams,
    private readonly tail: LiveTail,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  /** Ids of a request: the same organization, mutation and key are the same request, everywhere and for ever. */
  identify(operation: Operation, mutation: string, idempotencyKey: string, input: unknown): RequestIds {
    if (!KEY.test(idempotencyKey)) {
      throw new SolyxError(
        'InvalidArgument',
        'idempotencyKey is not 1 to 128 visible characters',
        {},
        {
          reason: 'InvalidIdempotencyKey',
          hint: 'Make one per intention, for example a UUID, and keep it for repeats.',
        },
      );
    }
    const requestId = derivePrefixedId('req', operation.organizationId, mutation, idempotencyKey);
    operation.correlationId = requestId;
    return { requestId, fingerprint: anchor({ mutation, input }), at: this.clock.iso() };
  }

  /** The same organization, mutation and key have been here before. */
  async isRecorded({ requestId }: RequestIds): Promise<boolean> {
    return (await this.streams.load(requestDecider, requestId)).state.phase === 'Recorded';
  }

  /** Recorded and durable when it resolves; a refusal where the key was used for something else. */
  async record(operation: Operation, ids: RequestIds, command: RequestCommand): Promise<RecordedRequest | Refusal> {
    const context = contextOf(operation, ids.requestId, deriveId(ids.requestId, ids.fingerprint));
    const outcome = await this.streams.transact(requestDecider, ids.requestId, command, context);
    if (!outcome.accepted) return toRefusal('Conflict', outcome.reason, outcome.details, outcome.position);
    this.freshness.note(operation.organizationId, outcome.position);
    return { position: outcome.position, repeated: outcome.events.length === 0 };
  }

  /** The first event of this request that the predicate takes, or the refusal of a service; undefined in time. */
  async answer(
    operation: Operation,
    requestId: string,
    predicate: (event: Recorded) => boolean,
    timeoutMs = ANSWER_WAIT_MS,
  ): Promise<Recorded | undefined> {
    const event = await this.tail.answer(requestId, (one) => isRefused(one) || predicate(one), timeoutMs);
    if (event) this.freshness.note(operation.organizationId, event.position);
    return event;
  }

  /** Records the request and, where there is an event that answers it, waits for that; bounded. */
  async ask(
    operation: Operation,
    ids: RequestIds,
    command: RequestCommand,
    { id, answers }: Answered,
  ): Promise<Ack | Refusal> {
    const recorded = await this.record(operation, ids, command);
    if (isRefusal(recorded)) return recorded;
    const wait = answers !== undefined && !recorded.repeated;
    const event = wait ? await this.answer(operation, ids.requestId, answers) : undefined;
    if (event && isRefused(event)) return refusalOf(event);
    return { __typename: 'Ack', id, position: String(event?.position ?? recorded.position) };
  }
}

export const contextOf = (operation: Operation, correlationId: string, commandId: string): CommandContext => ({
  commandId,
  organizationId: operation.organizationId,
  actor: operation.caller.actor,
  correlationId,
  causationId: correlationId,
  ...(operation.traceparent === undefined ? {} : { traceparent: operation.traceparent }),
});

export const isRefused = ({ type }: Recorded): boolean =>
  type.endsWith('.command.refused') && !type.startsWith('gateway.');
