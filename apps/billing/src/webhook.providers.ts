import type { Provider } from '@nestjs/common';
import { Database, EventingOptions, EventLog, PostgresLeadership, Streams } from '@solyx/eventing';
import { Clock, Random } from '@solyx/kernel';
import { PostgresWebhookSecrets } from './adapters/webhooks/postgres-webhook-secrets';
import { PostgresWebhookStore } from './adapters/webhooks/postgres-webhook-store';
import { SealingKey } from './adapters/webhooks/sealing-key';
import { UndiciWebhookTransport } from './adapters/webhooks/undici-webhook-transport';
import { WebhookHealth } from './adapters/webhooks/webhook-health';
import { WebhookRequestsController } from './adapters/webhooks/webhook-requests.controller';
import { WebhookRunner } from './adapters/webhooks/webhook-runner';
import { WebhookTables1763712000000 } from './adapters/webhooks/webhook-tables';
import { ManageWebhooksHandler } from './application/webhooks/manage-webhooks.handler';
import { WebhookRules } from './application/webhooks/webhook-rules';
import { WebhookSecrets } from './application/webhooks/webhook-secrets';
import { WebhookStore } from './application/webhooks/webhook-store';
import { WebhookTransport } from './application/webhooks/webhook-transport';
import { config } from './config';
import { LOCAL_POLICY, PUBLIC_POLICY } from './domain/webhooks/url-policy';

const policy = config.webhookLocal ? LOCAL_POLICY : PUBLIC_POLICY;

export const webhookControllers = [WebhookRequestsController];

/** Events for customers and their bookkeeping: endpoints, keys, deliveries. */
export const webhookProviders: Provider[] = [
  ManageWebhooksHandler,
  WebhookHealth,
  { provide: WebhookRules, useValue: { policy } satisfies WebhookRules },
  {
    provide: WebhookStore,
    inject: [Database],
    useFactory: (database: Database) => {
      database.addMigrations(WebhookTables1763712000000);
      return new PostgresWebhookStore(database);
    },
  },
  {
    provide: WebhookSecrets,
    inject: [Database],
    useFactory: (database: Database) =>
      new PostgresWebhookSecrets(database, new SealingKey({ hex: config.webhookKey, file: config.webhookKeyFile })),
  },
  { provide: WebhookTransport, useFactory: () => new UndiciWebhookTransport({ policy }) },
  {
    provide: WebhookRunner,
    inject: [
      ...[Database, EventingOptions, EventLog, Streams, Clock, Random],
      ...[WebhookStore, WebhookSecrets, WebhookTransport],
    ],
    useFactory: (
      ...[database, { instance }, log, streams, clock, random, store, secrets, transport]: [
        ...[Database, EventingOptions, EventLog, Streams, Clock, Random],
        ...[WebhookStore, WebhookSecrets, WebhookTransport],
      ]
    ) =>
      new WebhookRunner(new PostgresLeadership(database, instance), {
        ...{ log, streams, clock, random, store, secrets, transport },
      }),
  },
];
