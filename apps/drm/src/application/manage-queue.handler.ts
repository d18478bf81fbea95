import { Injectable } from '@nestjs/common';
import {
  QueueObserved,
  QueueRemoved,
  QuotaRemoved,
  QuotaSet,
  ReservationCancelled,
  ReservationEnded,
  ReservationMade,
  ReservationObserved,
} from '@solyx/contracts/drm';
import { QueueRequested, ReservationCancelRequested, ReservationRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, Streams, type CommandContext } from '@solyx/eventing';
import { permit, type Recorded } from '@solyx/kernel';
import { keptRoomDecider } from '../domain/kept-room';
import { quotaDecider } from '../domain/quota';
import { PartitionInbox } from './partition-inbox';

/** A wish is carried out once: heard again after the queue was changed once more, it would undo that. */
const once = (event: Recorded): CommandContext => causedBy(event, undefined, true);

/** Queues and reservations that people ask for, and what the scheduler hears of them. Whose they are, the wish says. */
@Injectable()
export class ManageQueueHandler {
  constructor(
    private readonly streams: Streams,
    private readonly inbox: PartitionInbox,
  ) {}

  @OnEvent(QueueRequested)
  async queue(event: Recorded<QueueRequested>): Promise<void> {
    const { actor, organizationId } = event.metadata;
    permit(actor, 'queues:set');
    const { queueId, queue, at } = event.data;
    const command =
      queue === undefined
        ? ({ type: 'RemoveQuota', data: { queueId, organizationId, at } } as const)
        : ({ type: 'SetQuota', data: { queue: { ...queue, queueId, organizationId }, at } } as const);
    await this.streams.transact(quotaDecider, queueId, command, once(event));
  }

  @OnEvent(ReservationRequested)
  async reserve(event: Recorded<ReservationRequested>): Promise<void> {
    const { actor, organizationId } = event.metadata;
    permit(actor, 'reservations:make');
    const reservation = { ...event.data.reservation, organizationId };
    const command = { type: 'MakeReservation', data: { reservation, at: event.data.at } } as const;
    await this.streams.transact(keptRoomDecider, reservation.reservationId, command, once(event));
  }

  @OnEvent(ReservationCancelRequested)
  async cancel(event: Recorded<ReservationCancelRequested>): Promise<void> {
    const { actor, organizationId } = event.metadata;
    permit(actor, 'reservations:make');
    const { reservationId, reason, at } = event.data;
    const command = { type: 'CancelReservation', data: { reservationId, organizationId, reason, at } } as const;
    await this.streams.transact(keptRoomDecider, reservationId, command, once(event));
  }

  @OnEvent(QuotaSet)
  async quotaSet(event: Recorded<QuotaSet>): Promise<void> {
    const { queue, at } = event.data;
    await this.inbox.submit(QueueObserved({ queue, at }), event);
  }

  @OnEvent(QuotaRemoved)
  async quotaRemoved(event: Recorded<QuotaRemoved>): Promise<void> {
    const { queueId, at } = event.data;
    await this.inbox.submit(QueueRemoved({ queueId, at }), event);
  }

  @OnEvent(ReservationMade)
  async reservationMade(event: Recorded<ReservationMade>): Promise<void> {
    const { reservation, at } = event.data;
    await this.inbox.submit(ReservationObserved({ reservation, at }), event);
  }

  @OnEvent(ReservationCancelled)
  async reservationCancelled(event: Recorded<ReservationCancelled>): Promise<void> {
    const { reservationId, reason, at } = event.data;
    await this.inbox.submit(ReservationEnded({ reservationId, reason, at }), event);
  }
}
