import type { Recorded } from '@solyx/kernel';
import { tenantOf } from '../domain/subjects';

/** An event as the API shows it. */
export interface EventView {
  readonly position: string;
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: string;
  readonly at: string;
  readonly organizationId: string;
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly data: unknown;
}

/** What proves a secret is nobody's to read, not even its owner's; nor are ids of other tenants' things. */
const HIDDEN: Readonly<Record<string, readonly string[]>> = {
  'gateway.apiKey.created': ['hash'],
  'gateway.joinToken.created': ['hash'],
  // Who paid, who showed an advertisement, and who saw it.
  'billing.provider.earned': ['organizationId', 'chargeId', 'eventId', 'position', 'postings'],
  'billing.provider.disputed': ['organizationId', 'chargeId'],
  'billing.provider.dispute-resolved': ['organizationId', 'chargeId', 'postings'],
  'billing.campaign.impressions-counted': ['ads'],
  'billing.campaign.clicks-counted': ['ads'],
  'billing.campaign.settled': ['shares'],
  'drm.partition.preemption-requested': ['forWorkloadId', 'room'],
  'drm.partition.queue-removed': ['queueId'],
  'drm.partition.reservation-ended': ['reservationId', 'reason'],
  'drm.partition.starts-foreseen': ['starts'],
};

export const toEventView = (event: Recorded): EventView => ({
  position: String(event.position),
  id: event.id,
  type: event.type,
  stream: event.stream,
  revision: String(event.revision),
  at: event.recordedAt,
  organizationId: tenantOf(event),
  actor: `${event.metadata.actor.kind}:${event.metadata.actor.id}`,
  correlationId: event.metadata.$correlationId,
  causationId: event.metadata.$causationId,
  data: shown(event),
});

function shown({ type, data }: Recorded): unknown {
  const hidden = Object.hasOwn(HIDDEN, type) ? HIDDEN[type] : undefined;
  if (!hidden) return data;
  return Object.fromEntries(Object.entries(data as Record<string, unknown>).filter(([name]) => !hidden.includes(name)));
}
