import { derivePrefixedId } from '@solyx/kernel';
import type { WebhookAlgorithm, WebhookOrdering } from '@solyx/contracts';
import {
  WebhookDeletionRequested,
  WebhookRedeliveryRequested,
  WebhookReplayRequested,
  WebhookRequested,
  WebhookRotationRequested,
  WebhookTestRequested,
  WebhookUpdateRequested,
} from '@solyx/contracts/gateway';
import { gatewayWebhook } from '../views/webhook.projections';
import { given, idOf, instant, oneOf, wish } from './wish';

const ALGORITHMS = ['v1', 'v1a'] as const satisfies readonly WebhookAlgorithm[];
const ORDERINGS = ['resource', 'fifo'] as const satisfies readonly WebhookOrdering[];
const streamOf = (endpointId: string): string => `billing.webhook-${endpointId}`;
const owned = ({ endpointId }: { readonly endpointId: string }) => ({
  projection: gatewayWebhook,
  key: endpointId,
  unknown: 'WebhookUnknown',
});
const answer = (endpointId: string) => ({ id: endpointId, answeredOn: streamOf(endpointId) });

interface Key {
  readonly endpointId: string;
  readonly key: { readonly keyId: string };
}

/** The key whose secret is shown with this answer, and never again. */
const withKey = ({ data, position }: { readonly data: unknown; readonly position: bigint }) => {
  const { endpointId, key } = data as Key;
  return { __typename: 'WebhookSecret' as const, id: endpointId, keyId: key.keyId, position: String(position) };
};

interface SettingsArguments {
  readonly url?: string | null;
  readonly description?: string | null;
  readonly types?: readonly string[] | null;
  readonly ordering?: string | null;
}

/** Where an organization hears of its events. */
export const WEBHOOK_WISHES = {
  createWebhook: wish({
    permission: 'webhooks:set',
    input: (args: SettingsArguments & { readonly url: string; readonly algorithm?: string | null }) => ({
      settings: {
        ...{ url: args.url, description: args.description ?? '', types: args.types ?? ['*'] },
        ordering: oneOf('ordering', args.ordering ?? 'resource', ORDERINGS),
      },
      algorithm: oneOf('algorithm', args.algorithm ?? 'v1', ALGORITHMS),
    }),
    request: (input, { ids }) => {
      const endpointId = derivePrefixedId('whe', ids.requestId);
      return { event: WebhookRequested({ ...ids, ...input, endpointId }), ...answer(endpointId) };
    },
    show: withKey,
  }),

  updateWebhook: wish({
    permission: 'webhooks:set',
    input: (args: SettingsArguments & { readonly id: string; readonly enabled?: boolean | null }) => ({
      endpointId: idOf('id', args.id),
      ...given('url', args.url),
      ...given('description', args.description),
      ...given('types', args.types),
      ...given('ordering', args.ordering ? oneOf('ordering', args.ordering, ORDERINGS) : null),
      ...given('enabled', args.enabled),
    }),
    owned,
    request: (input, { ids }) => ({
      event: WebhookUpdateRequested({ ...ids, ...input }),
      ...answer(input.endpointId),
    }),
  }),

  rotateWebhook: wish({
    permission: 'webhooks:set',
    input: (args: { readonly id: string; readonly algorithm?: string | null; readonly overlapSeconds: number }) => ({
      endpointId: idOf('id', args.id),
      overlapSeconds: args.overlapSeconds,
      ...given('algorithm', args.algorithm ? oneOf('algorithm', args.algorithm, ALGORITHMS) : null),
    }),
    owned,
    request: (input, { ids }) => ({
      event: WebhookRotationRequested({ ...ids, ...input }),
      ...answer(input.endpointId),
    }),
    show: withKey,
  }),

  testWebhook: wish({
    permission: 'webhooks:set',
    input: ({ id }: { readonly id: string }) => ({ endpointId: idOf('id', id) }),
    owned,
    request: (input, { ids }) => ({ event: WebhookTestRequested({ ...ids, ...input }), ...answer(input.endpointId) }),
  }),

  /** Deliveries by id, or those of a time. */
  redeliverWebhook: wish({
    permission: 'webhooks:set',
    input: (args: {
      readonly id: string;
      readonly deliveryIds?: readonly string[] | null;
      readonly from?: string | null;
      readonly to?: string | null;
      readonly failedOnly: boolean;
    }) => ({
      endpointId: idOf('id', args.id),
      selection: {
        ...given('deliveryIds', args.deliveryIds),
        ...given(
          'range',
          args.from && args.to
            ? { from: instant('from', args.from), to: instant('to', args.to), failedOnly: args.failedOnly }
            : null,
        ),
      },
    }),
    owned,
    request: (input, { ids }) => ({
      event: WebhookRedeliveryRequested({ ...ids, ...input }),
      ...answer(input.endpointId),
    }),
  }),

  /** What the log holds from a position on, whether it was sent before or not. */
  replayWebhook: wish({
    permission: 'webhooks:set',
    input: (args: { readonly id: string; readonly from: string; readonly to?: string | null }) => ({
      endpointId: idOf('id', args.id),
      fromPosition: args.from,
      ...given('toPosition', args.to),
    }),
    owned,
    request: (input, { ids }) => ({ event: WebhookReplayRequested({ ...ids, ...input }), ...answer(input.endpointId) }),
  }),

  deleteWebhook: wish({
    permission: 'webhooks:set',
    input: ({ id }: { readonly id: string }) => ({ endpointId: idOf('id', id) }),
    owned,
    request: (input, { ids }) => ({
      event: WebhookDeletionRequested({ ...ids, ...input }),
      ...answer(input.endpointId),
    }),
  }),
} as const;
