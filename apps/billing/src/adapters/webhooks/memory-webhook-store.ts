import { Injectable } from '@nestjs/common';
import type { WebhookAttempt, WebhookDeliveryEntry, WebhookDeliveryPhase } from '@solyx/contracts';
import { derivePrefixedId, SolyxError } from '@solyx/kernel';
import type { Endpoint } from '../../domain/webhooks/endpoint';
import type { PlannedDelivery } from '../../domain/webhooks/planning';
import {
  WebhookStore,
  type DeliveryQuery,
  type DueDelivery,
  type FeedState,
  type FeedStep,
  type Reader,
  type Redelivery,
  type Settlement,
} from '../../application/webhooks/webhook-store';

interface Kept extends PlannedDelivery {
  readonly place: number;
  phase: WebhookDeliveryPhase;
  lane: string;
  attempts: number;
  nextAt: number;
  readonly createdAt: string;
  readonly log: WebhookAttempt[];
}

/** The same rules in memory, for planes without PostgreSQL. */
@Injectable()
export class MemoryWebhookStore extends WebhookStore {
  private position = -1n;
  private epoch = -1n;
  private places = 0;
  private readonly endpoints = new Map<string, { endpoint: Endpoint; failingSince?: number | undefined }>();
  private readonly readers = new Map<string, Reader>();
  private readonly kept = new Map<string, Kept>();

  override async begin(epoch: bigint): Promise<FeedState> {
    if (epoch < this.epoch) throw lostLead(epoch);
    this.epoch = epoch;
    return {
      position: this.position,
      readers: [...this.readers.values()],
      endpoints: [...this.endpoints].map(([endpointId, { endpoint, failingSince }]) => ({
        ...{ endpointId, endpoint, waiting: this.waitingOf(endpointId).length },
        ...(failingSince === undefined ? {} : { failingSince }),
      })),
    };
  }

  override async advance(step: FeedStep, epoch: bigint): Promise<ReadonlyMap<string, number>> {
    this.fence(epoch);
    const changes = new Map<string, number>();
    const count = (endpointId: string, change: number): void => {
      changes.set(endpointId, (changes.get(endpointId) ?? 0) + change);
    };
    if (step.position !== undefined && step.position > this.position) this.position = step.position;
    for (const { endpointId, endpoint } of step.endpoints) {
      this.endpoints.set(endpointId, { ...this.endpoints.get(endpointId), endpoint });
    }
    for (const { endpointId, fifo } of step.reordered) {
      for (const one of this.waitingOf(endpointId)) one.lane = `${one.lane.split(':')[0]}:${fifo ? '*' : one.resource}`;
    }
    for (const reader of step.readers) this.readers.set(reader.readerId, reader);
    for (const readerId of step.readersEnded) this.readers.delete(readerId);
    for (const endpointId of step.cancelled) {
      for (const one of this.waitingOf(endpointId)) {
        one.phase = 'cancelled';
        count(endpointId, -1);
      }
    }
    const again = step.redeliveries.flatMap((redelivery) => this.chosenBy(redelivery));
    for (const delivery of [...step.deliveries, ...again]) {
      if (this.keep(delivery, step.at)) count(delivery.endpointId, 1);
    }
    return changes;
  }

  private keep(delivery: PlannedDelivery, at: string): boolean {
    if (this.kept.has(delivery.deliveryId)) return false;
    this.places += 1;
    const fresh = { place: this.places, phase: 'waiting' as const, attempts: 0, nextAt: Date.parse(at), createdAt: at };
    this.kept.set(delivery.deliveryId, { ...delivery, ...fresh, log: [] });
    return true;
  }

  private chosenBy({ requestId, endpointId, organizationId, selection, fifo }: Redelivery): readonly PlannedDelivery[] {
    const { deliveryIds = [], range } = selection;
    const inRange = ({ createdAt, phase }: Kept): boolean =>
      range !== undefined &&
      createdAt >= range.from &&
      createdAt < range.to &&
      (!range.failedOnly || phase === 'failed');
    return [...this.kept.values()]
      .filter((one) => one.endpointId === endpointId && one.organizationId === organizationId)
      .filter((one) => one.phase !== 'cancelled' && (deliveryIds.includes(one.deliveryId) || inRange(one)))
      .map((one) => ({
        ...one,
        deliveryId: derivePrefixedId('dlv', requestId, one.deliveryId),
        lane: `${requestId}:${fifo ? '*' : one.resource}`,
      }));
  }

  override async due(endpointIds: readonly string[], limit: number): Promise<readonly DueDelivery[]> {
    return endpointIds.flatMap((endpointId) => {
      const heads = new Map<string, Kept>();
      for (const one of this.waitingOf(endpointId)) if (!heads.has(one.lane)) heads.set(one.lane, one);
      return [...heads.values()].sort((a, b) => a.nextAt - b.nextAt || a.place - b.place).slice(0, limit);
    });
  }

  override async settle(settlements: readonly Settlement[], epoch: bigint): Promise<void> {
    this.fence(epoch);
    for (const { delivery, attempt, phase, nextAt, failingSince } of settlements) {
      const one = this.kept.get(delivery.deliveryId);
      if (one?.phase === 'waiting') {
        one.phase = phase;
        one.attempts = attempt.attempt;
        one.nextAt = nextAt ?? one.nextAt;
        one.log.push(attempt);
      }
      const known = this.endpoints.get(delivery.endpointId);
      if (known) this.endpoints.set(delivery.endpointId, { ...known, failingSince });
    }
  }

  override async forget(before: string, limit: number, epoch: bigint): Promise<number> {
    this.fence(epoch);
    const old = [...this.kept.values()].filter(({ phase, createdAt }) => phase !== 'waiting' && createdAt < before);
    for (const { deliveryId } of old.slice(0, limit)) this.kept.delete(deliveryId);
    return Math.min(old.length, limit);
  }

  override async endpointsOf(organizationId: string): Promise<number> {
    const all = [...this.endpoints.values()];
    return all.filter(({ endpoint }) => endpoint.organizationId === organizationId && endpoint.phase !== 'Deleted')
      .length;
  }

  override async deliveries(query: DeliveryQuery): Promise<readonly WebhookDeliveryEntry[]> {
    const { organizationId, endpointId, first, after, phase } = query;
    return [...this.kept.values()]
      .reverse()
      .filter((one) => one.endpointId === endpointId && one.organizationId === organizationId)
      .filter((one) => (after === undefined || one.place < Number(after)) && (phase ?? one.phase) === one.phase)
      .slice(0, first + 1)
      .map(entryOf);
  }

  override async delivery(organizationId: string, deliveryId: string) {
    const one = this.kept.get(deliveryId);
    if (one?.organizationId !== organizationId) return undefined;
    return { entry: entryOf(one), body: one.body, attempts: one.log };
  }

  private waitingOf(endpointId: string): readonly Kept[] {
    return [...this.kept.values()].filter((one) => one.endpointId === endpointId && one.phase === 'waiting');
  }

  private fence(epoch: bigint): void {
    if (epoch < this.epoch) throw lostLead(epoch);
  }
}

const lostLead = (epoch: bigint): SolyxError =>
  new SolyxError('FailedPrecondition', `epoch ${epoch} no longer delivers webhooks`, { epoch: String(epoch) });

function entryOf(one: Kept): WebhookDeliveryEntry {
  const last = one.log[one.log.length - 1];
  return {
    deliveryId: one.deliveryId,
    cursor: String(one.place),
    eventId: one.eventId,
    type: one.type,
    resource: one.resource,
    position: one.position,
    phase: one.phase,
    attempts: one.attempts,
    at: one.at,
    ...(one.phase === 'waiting' ? { nextAttemptAt: new Date(one.nextAt).toISOString() } : {}),
    ...(last?.status === undefined ? {} : { lastStatus: last.status }),
    ...(last?.error === undefined ? {} : { lastError: last.error }),
  };
}
