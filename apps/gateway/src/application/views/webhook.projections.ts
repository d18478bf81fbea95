import type { WebhookKey } from '@solyx/contracts';
import type {
  WebhookCreated,
  WebhookDeleted,
  WebhookDisabled,
  WebhookEnabled,
  WebhookFailing,
  WebhookKeyRevoked,
  WebhookKeyRotated,
  WebhookRecovered,
  WebhookUpdated,
} from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface WebhookRow {
  readonly id: string;
  readonly organizationId: string;
  readonly phase: 'Enabled' | 'Failing' | 'Disabled';
  readonly url: string;
  readonly description: string;
  readonly types: readonly string[];
  readonly ordering: string;
  /** Newest first; the one before signs beside it until its time is over. Never their secrets. */
  readonly keys: readonly (WebhookKey & { readonly until: string | null })[];
  readonly reason: string | null;
  readonly failingSince: string | null;
  readonly createdAt: string;
  readonly position: string;
}

type WebhookEvent =
  | WebhookCreated
  | WebhookUpdated
  | WebhookKeyRotated
  | WebhookKeyRevoked
  | WebhookDisabled
  | WebhookEnabled
  | WebhookFailing
  | WebhookRecovered
  | WebhookDeleted;

const KEYS_SHOWN = 2;

/** Endpoints of an organization; who was deleted has no row. */
export const gatewayWebhook = defineProjection<WebhookEvent, WebhookRow>({
  name: 'gateway_webhook',
  version: 1,
  key: ({ data }) => data.endpointId,
  organization: ({ data }) => data.organizationId,
  indexes: ['phase'],
  initial: {
    ...{ id: '', organizationId: '', phase: 'Enabled', url: '', description: '', types: [], ordering: '', keys: [] },
    ...{ reason: null, failingSince: null, createdAt: '', position: '0' },
  },
  on: {
    'billing.webhook.created': (row, { endpointId, organizationId, settings, key, at }, { position }) => ({
      ...row,
      ...settings,
      ...{ id: endpointId, organizationId, keys: [{ ...key, until: null }], createdAt: at },
      position: String(position),
    }),
    'billing.webhook.updated': (row, { settings }, { position }) => ({
      ...row,
      ...settings,
      position: String(position),
    }),
    'billing.webhook.key-rotated': (row, { key, previousKeyId, previousUntil }, { position }) => ({
      ...row,
      keys: [
        { ...key, until: null },
        ...row.keys.map((one) => (one.keyId === previousKeyId ? { ...one, until: previousUntil } : one)),
      ].slice(0, KEYS_SHOWN),
      position: String(position),
    }),
    'billing.webhook.key-revoked': (row, { keyId }, { position }) => ({
      ...row,
      ...{ keys: row.keys.filter((key) => key.keyId !== keyId), position: String(position) },
    }),
    'billing.webhook.disabled': (row, { cause, failingSince }, { position }) => ({
      ...row,
      ...{ phase: 'Disabled', reason: cause, failingSince: failingSince ?? null, position: String(position) },
    }),
    'billing.webhook.enabled': (row, _data, { position }) => ({
      ...row,
      ...{ phase: 'Enabled', reason: null, failingSince: null, position: String(position) },
    }),
    'billing.webhook.failing': (row, { failingSince, lastError }, { position }) => ({
      ...row,
      ...{ phase: 'Failing', reason: lastError ?? null, failingSince, position: String(position) },
    }),
    'billing.webhook.recovered': (row, _data, { position }) => ({
      ...row,
      ...{ phase: 'Enabled', reason: null, failingSince: null, position: String(position) },
    }),
    'billing.webhook.deleted': () => undefined,
  },
});
