import { Injectable } from '@nestjs/common';
import { derivePrefixedId, SolyxError, type Recorded } from '@solyx/kernel';
import type { QueueSpec, ReservationSpec } from '@solyx/contracts';
import { isQueueName, parseQueueFile } from '../domain/queue-file';
import { parseReservationFile, type ReservationWish } from '../domain/reservation-file';
import { Gate } from './gate';
import { KnownQueues } from './known-queues';
import type { Operation } from './operation';
import { refusable, specRefusal, toRefusal, type Refusal } from './refusal';
import { Requests, type Ack } from './requests';
import { TenantViews } from './tenant-views';
import { gatewayQuota, gatewayReservation } from './views';

const RESERVATION_DAYS_MAX = 90;
const DAY_MS = 86_400_000;

const of =
  (stream: string) =>
  (event: Recorded): boolean =>
    event.stream === stream;

// A time of the caller's, not the clock's.
const later = (iso: string, seconds: number): string => new Date(Date.parse(iso) + seconds * 1000).toISOString();

const invalid = (message: string, hint: string): SolyxError => new SolyxError('InvalidArgument', message, {}, { hint });

/** What an organization says of its queues, and of the room that is kept for it. */
@Injectable()
export class QueueCommands {
  constructor(
    private readonly requests: Requests,
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly queues: KnownQueues,
  ) {}

  /** Set again, a queue is as said last: whole, not in part. */
  async set(operation: Operation, queueId: string, file: unknown, idempotencyKey: string): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'queues:set');
    const parsed = parseQueueFile(file);
    if (!parsed.ok) return specRefusal(parsed.faults);
    return refusable(async () => {
      if (!isQueueName(queueId)) {
        throw invalid(
          'the name of the queue is no name',
          'Use lower-case letters, digits and dashes, at most 63: research.',
        );
      }
      const { organizationId } = operation;
      const queue: QueueSpec = { queueId, organizationId, ...parsed.queue };
      const ids = this.requests.identify(operation, 'setQueue', idempotencyKey, queue);
      const command = { type: 'SetQueue' as const, data: { ...ids, queueId, queue } };
      const now = await this.views.own(operation, gatewayQuota, queueId);
      const isSo = now !== undefined && JSON.stringify(now.spec) === JSON.stringify(queue);
      return this.requests.ask(operation, ids, command, {
        id: queueId,
        answers: isSo ? undefined : of(`drm.quota-${queueId}`),
      });
    });
  }

  /** Jobs that name it wait until it is there again. */
  async remove(operation: Operation, queueId: string, idempotencyKey: string): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'queues:set');
    return refusable(async () => {
      const ids = this.requests.identify(operation, 'removeQueue', idempotencyKey, { queueId });
      if (!(await this.views.ownNow(operation, gatewayQuota, queueId))) {
        return toRefusal('NotFound', 'QueueUnknown', { queueId: queueId.slice(0, 128) });
      }
      const command = { type: 'SetQueue' as const, data: { ...ids, queueId } };
      return this.requests.ask(operation, ids, command, { id: queueId, answers: of(`drm.quota-${queueId}`) });
    });
  }

  /** Room from an instant to another, for the organization or one queue of it. */
  async reserve(operation: Operation, file: unknown, idempotencyKey: string): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'reservations:make');
    const parsed = parseReservationFile(file);
    if (!parsed.ok) return specRefusal(parsed.faults);
    return refusable(async () => {
      const ids = this.requests.identify(operation, 'reserve', idempotencyKey, parsed.wish);
      const fault = await this.queues.fault(operation, parsed.wish.queue);
      if (fault && !(await this.requests.isRecorded(ids))) return specRefusal([fault]);
      const reservationId = derivePrefixedId('rsv', ids.requestId);
      const times = timesOf(parsed.wish, ids.at);
      const { name, queue, resources, nodes, placement } = parsed.wish;
      const reservation: ReservationSpec = {
        ...{ reservationId, organizationId: operation.organizationId, name, resources, nodes, placement },
        ...(queue === undefined ? {} : { queue }),
        ...times,
      };
      const command = { type: 'Reserve' as const, data: { ...ids, reservation } };
      const answers = of(`drm.reservation-${reservationId}`);
      return this.requests.ask(operation, ids, command, { id: reservationId, answers });
    });
  }

  async cancelReservation(
    operation: Operation,
    reservationId: string,
    reason: string | null | undefined,
    idempotencyKey: string,
  ): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'reservations:make');
    return refusable(async () => {
      const input = { reservationId, reason: (reason ?? 'Cancelled').slice(0, 1024) };
      const ids = this.requests.identify(operation, 'cancelReservation', idempotencyKey, input);
      const row = await this.views.ownNow(operation, gatewayReservation, reservationId);
      if (!row) return toRefusal('NotFound', 'ReservationUnknown', { reservationId: reservationId.slice(0, 128) });
      const command = { type: 'CancelReservation' as const, data: { ...ids, ...input } };
      const answers = row.phase === 'Cancelled' ? undefined : of(`drm.reservation-${reservationId}`);
      return this.requests.ask(operation, ids, command, { id: reservationId, answers });
    });
  }
}

/** Times of the wish against now; throws InvalidArgument. */
function timesOf({ start, end, durationSeconds = 0 }: ReservationWish, now: string) {
  const startsAt = start === undefined || start < now ? now : start;
  const endsAt = end ?? later(startsAt, durationSeconds);
  const length = Date.parse(endsAt) - Date.parse(startsAt);
  if (length <= 0) throw invalid('end: it has passed already', 'Let it end in the future.');
  if (length > RESERVATION_DAYS_MAX * DAY_MS) {
    throw invalid(`end: it is longer than ${RESERVATION_DAYS_MAX} days`, 'Use a queue for room that is yours always.');
  }
  return { startsAt, endsAt };
}
