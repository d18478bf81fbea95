import type { Recorded } from '@solyx/kernel';
import type { BillingDeliveryParked, BillingDeliveryUnparked } from '@solyx/contracts/billing';
import type { CmoDeliveryParked, CmoDeliveryUnparked } from '@solyx/contracts/cmo';
import type { DrmDeliveryParked, DrmDeliveryUnparked } from '@solyx/contracts/drm';
import type { GatewayDeliveryParked, GatewayDeliveryUnparked } from '@solyx/contracts/gateway';
import type { OptimizerDeliveryParked, OptimizerDeliveryUnparked } from '@solyx/contracts/optimizer';
import type { SdnDeliveryParked, SdnDeliveryUnparked } from '@solyx/contracts/sdn';
import { defineProjection } from '@solyx/eventing';

export interface ParkedRow {
  readonly context: string;
  readonly organizationId: string;
  readonly consumer: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly at: string;
}

type ParkedFact =
  | BillingDeliveryParked
  | BillingDeliveryUnparked
  | CmoDeliveryParked
  | CmoDeliveryUnparked
  | DrmDeliveryParked
  | DrmDeliveryUnparked
  | GatewayDeliveryParked
  | GatewayDeliveryUnparked
  | OptimizerDeliveryParked
  | OptimizerDeliveryUnparked
  | SdnDeliveryParked
  | SdnDeliveryUnparked;

const parked = (
  _row: ParkedRow,
  { consumer, eventId, eventType, code, message, attempts, at }: Omit<ParkedRow, 'context' | 'organizationId'>,
  { type, metadata }: Recorded,
): ParkedRow => ({
  context: type.slice(0, type.indexOf('.')),
  organizationId: metadata.organizationId,
  ...{ consumer, eventId, eventType, code, message, attempts, at },
});

const taken = (): undefined => undefined;

/** What every context has parked and not yet taken up again: one row per consumer and event. */
export const gatewayParked = defineProjection<ParkedFact, ParkedRow>({
  name: 'gateway_parked',
  version: 1,
  key: ({ data }) => `${data.consumer}/${data.eventId}`,
  initial: {
    ...{ context: '', organizationId: '', consumer: '', eventId: '', eventType: '', code: '', message: '' },
    ...{ attempts: 0, at: '' },
  },
  on: {
    'billing.delivery.parked': parked,
    'billing.delivery.unparked': taken,
    'cmo.delivery.parked': parked,
    'cmo.delivery.unparked': taken,
    'drm.delivery.parked': parked,
    'drm.delivery.unparked': taken,
    'gateway.delivery.parked': parked,
    'gateway.delivery.unparked': taken,
    'optimizer.delivery.parked': parked,
    'optimizer.delivery.unparked': taken,
    'sdn.delivery.parked': parked,
    'sdn.delivery.unparked': taken,
  },
});
