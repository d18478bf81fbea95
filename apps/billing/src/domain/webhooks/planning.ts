import { derivePrefixedId, PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import type { Endpoint } from './endpoint';
import { bodyOf, type PublicEvent } from './message';
import { isChosen } from './selection';

/** An endpoint as the feed knows it. */
export interface Subscriber {
  readonly endpointId: string;
  readonly endpoint: Endpoint;
}

/** One event for one endpoint, ready to be sent. */
export interface PlannedDelivery {
  readonly deliveryId: string;
  readonly endpointId: string;
  /** Whose endpoint it is. */
  readonly organizationId: string;
  readonly eventId: string;
  readonly type: string;
  /** `invoice/inv_…` */
  readonly resource: string;
  /** Deliveries of one lane are sent one after another. */
  readonly lane: string;
  readonly position: string;
  /** When the event happened, ISO 8601 UTC. */
  readonly at: string;
  readonly body: string;
}

/** Lanes of what happens now; those of a replay or a redelivery begin with its request instead. */
export const LIVE = 'live';

export const laneOf = (order: string, { settings }: Endpoint, resource: string): string =>
  `${order}:${settings.ordering === 'fifo' ? '*' : resource}`;

/** The `webhook-id` of what an event of the log becomes. */
export const publicIdOf = (event: { readonly id: string }, type: string): string =>
  derivePrefixedId('evt', event.id, type);

/**
 * Whose event it is: the owner's, where one earns; else that of whom it is about. An operator who acts for a customer is
 * in the metadata, and is neither.
 */
export function ownerOf({ data, metadata }: Pick<Recorded, 'data' | 'metadata'>): string {
  const { providerId, organizationId } = data as { readonly providerId?: unknown; readonly organizationId?: unknown };
  const named = [providerId, organizationId].find((one) => typeof one === 'string' && one !== '');
  return (named as string | undefined) ?? metadata.organizationId;
}

/** Each organization hears of itself; who runs the platform hears of all. */
const concerns = (organizationId: string, { endpoint }: Subscriber): boolean =>
  endpoint.organizationId === organizationId || endpoint.organizationId === PLATFORM_ORGANIZATION;

/** The deliveries of one event of the log: one for each endpoint that is enabled, allowed to know, and wants its type. */
export function planDeliveries(
  event: Recorded,
  publicEvents: readonly PublicEvent[],
  subscribers: Iterable<Subscriber>,
  order: string = LIVE,
): readonly PlannedDelivery[] {
  if (publicEvents.length === 0) return [];
  const organizationId = ownerOf(event);
  const enabled = [...subscribers].filter(({ endpoint }) => endpoint.phase === 'Enabled');
  return publicEvents.flatMap((message) => {
    const allowed = enabled.filter((one) => message.forEveryone ?? concerns(organizationId, one));
    const wanting = allowed.filter(({ endpoint }) => isChosen(endpoint.settings.types, message.type));
    if (wanting.length === 0) return [];
    const id = publicIdOf(event, message.type);
    const sequence = Number(event.revision) + 1;
    const position = event.position.toString();
    const resourceId = event.stream.slice(event.stream.indexOf('-') + 1);
    const body = bodyOf(message, { id, organizationId, resourceId, sequence, position });
    const resource = `${message.resource}/${resourceId}`;
    return wanting.map(({ endpointId, endpoint }) => ({
      deliveryId: derivePrefixedId('dlv', order, endpointId, id),
      endpointId,
      organizationId: endpoint.organizationId,
      eventId: id,
      type: message.type,
      resource,
      lane: laneOf(order, endpoint, resource),
      position,
      at: message.at,
      body,
    }));
  });
}
