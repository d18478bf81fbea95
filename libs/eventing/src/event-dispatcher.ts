import { Logger } from '@nestjs/common';
import { SolyxError, type Clock, type Random, type Recorded } from '@solyx/kernel';
import { backoffMs, sleep, type BackoffOptions } from './backoff';
import { decodeMessage, messageToText, type BusMessage } from './bus-message';
import type { DeliveryRecords } from './delivery-records';
import type { HandlerTable } from './handler-table';
import type { Delivery } from './on-event';
import type { ParkedEvent, ParkingLot } from './ports';
import { inSpan, SERVICE } from './tracing';

/**
 * An event is handed to its handlers this often at most; then it is parked. With the backoff below that is one to two
 * minutes and a half: a store or database that restarts parks nothing.
 */
export const DELIVERIES_MAX = 16;
const RETRY = { firstMs: 100, mostMs: 15_000 };
const PARK_RETRY = { firstMs: 250, mostMs: 5_000 };

export interface DispatcherParts {
  readonly handlers: HandlerTable;
  readonly parking: ParkingLot;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each event once it is in the parking lot. */
  readonly records?: DeliveryRecords | undefined;
  /** Pause before a handler is tried again. */
  readonly retry?: BackoffOptions;
}

/** The reason an event is parked with. */
export function parkedEvent(
  consumer: string,
  message: BusMessage,
  failure: { readonly error: SolyxError; readonly attempts: number; readonly at: string },
): ParkedEvent {
  const { headers } = message;
  const { error } = failure;
  return {
    consumer,
    eventId: headers['ce-id'] ?? `unknown:${message.subject}:${failure.at}`,
    type: headers['ce-type'] ?? 'unknown',
    stream: headers['ce-subject'] ?? '',
    position: headers['ce-position'] ?? '',
    organizationId: headers['ce-organizationid'] ?? 'platform',
    code: error.code,
    reason: error.reason,
    message: error.message,
    hint: error.hint,
    attempts: failure.attempts,
    parkedAt: failure.at,
    event: messageToText(message),
  };
}

/** Brings one message to its handlers: validates it, tries again what may succeed later, parks what does not. */
export class EventDispatcher {
  private readonly logger = new Logger('EventDispatcher');

  constructor(private readonly parts: DispatcherParts) {}

  /** True once the message is done with, handled or parked; false where `signal` ended the work before. Never rejects. */
  async dispatch(consumer: string, message: BusMessage, redelivered: boolean, signal: AbortSignal): Promise<boolean> {
    const { handlers } = this.parts;
    if (handlers.handlersOf(message.headers['ce-type'] ?? '').length === 0) return !signal.aborted;
    let event: Recorded;
    try {
      event = decodeMessage(message);
    } catch (error) {
      return this.park(consumer, message, { error: SolyxError.from(error), attempts: 1 }, signal);
    }
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const error = await this.attempt(consumer, event, attempt, redelivered);
      if (!error) return true;
      if (!error.retryable || attempt >= DELIVERIES_MAX) {
        return this.park(consumer, message, { error, attempts: attempt }, signal);
      }
      await sleep(backoffMs(attempt, this.parts.retry ?? RETRY, this.parts.random), signal);
    }
    return false;
  }

  /** Once more what was parked; undefined where it now went well, else the newer reason. */
  async again(parked: ParkedEvent, message: BusMessage): Promise<ParkedEvent | undefined> {
    const attempts = parked.attempts + 1;
    try {
      const event = decodeMessage(message);
      const error = await this.attempt(parked.consumer, event, attempts, true);
      if (!error) return undefined;
      return parkedEvent(parked.consumer, message, { error, attempts, at: parked.parkedAt });
    } catch (error) {
      return parkedEvent(parked.consumer, message, { error: SolyxError.from(error), attempts, at: parked.parkedAt });
    }
  }

  private async attempt(
    consumer: string,
    event: Recorded,
    attempt: number,
    redelivered: boolean,
  ): Promise<SolyxError | undefined> {
    try {
      const delivery = { attempt, redelivered: redelivered || attempt > 1 };
      await inSpan(
        {
          name: `process solyx.${event.type}.{org}.{id}`,
          kind: 'consumer',
          traceparent: event.metadata.traceparent,
          attributes: {
            [SERVICE]: consumer.split('-')[0] ?? '',
            'messaging.system': 'nats',
            'messaging.consumer.group.name': consumer,
            'messaging.message.id': event.id,
            'solyx.stream': event.stream,
            'solyx.attempt': attempt,
          },
        },
        () => this.handle(consumer, event, delivery),
      );
      return undefined;
    } catch (thrown) {
      return SolyxError.from(thrown);
    }
  }

  /** Inside the span, so that what is logged names its trace. */
  private async handle(consumer: string, event: Recorded, delivery: Delivery): Promise<void> {
    const told = `${consumer}: ${event.type} ${event.id} attempt ${delivery.attempt}`;
    try {
      await this.parts.handlers.handle(event, delivery);
      this.logger.debug(`${told}: done`);
    } catch (thrown) {
      const { code, message, retryable } = SolyxError.from(thrown);
      if (retryable) this.logger.debug(`${told}: ${code} ${message}`);
      else this.logger.error(`${told}: ${code} ${message}`, thrown instanceof Error ? thrown.stack : undefined);
      throw thrown;
    }
  }

  /** An event is never given up: where the parking lot is unavailable, it waits for it. */
  private async park(
    consumer: string,
    message: BusMessage,
    failure: { readonly error: SolyxError; readonly attempts: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const event = parkedEvent(consumer, message, { ...failure, at: this.parts.clock.iso() });
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.parts.parking.park(event);
        this.logger.warn(`${consumer}: parked ${event.type} ${event.eventId}: ${event.code} ${event.message}`);
        await this.parts.records?.parked(event);
        return true;
      } catch (error) {
        this.logger.error(`${consumer}: cannot park ${event.eventId}: ${String(error)}`);
        await sleep(backoffMs(attempt, this.parts.retry ?? PARK_RETRY, this.parts.random), signal);
      }
    }
    return false;
  }
}
