import { Injectable } from '@nestjs/common';
import {
  PUBLIC_EVENT_NAMES,
  PUBLIC_EVENTS,
  WEBHOOK_SUBJECTS,
  webhookSchemaDocument,
  WebhookDeliveriesAnswer,
  WebhookDeliveryAnswer,
  WebhookSecretAnswer,
  type WebhookDeliveryEntry,
} from '@solyx/contracts';
import { Gate } from '../gate';
import type { Operation } from '../operation';
import { pageSize, toConnection } from '../paging';
import { answered, BillingDesk } from './billing-desk';

const WITHIN_MS = 3_000;

interface DeliveriesArguments {
  readonly id: string;
  readonly first: number;
  readonly after?: string | null;
  readonly phase?: string | null;
}

const toDelivery = ({ deliveryId, position, cursor: _cursor, ...entry }: WebhookDeliveryEntry) => ({
  ...entry,
  ...{ id: deliveryId, eventPosition: position },
});

interface SchemaDocument {
  readonly $schema: string;
  readonly $defs: Readonly<Record<string, object>>;
}

/** Worked out when it is first asked for: most processes never are. */
let catalogue: readonly object[] | undefined;

function makeCatalogue(): readonly object[] {
  const { $schema, $defs } = webhookSchemaDocument() as SchemaDocument;
  const isEvent = /\.v\d+$/;
  const parts = Object.fromEntries(Object.entries($defs).filter(([name]) => !isEvent.test(name)));
  return PUBLIC_EVENT_NAMES.map((type) => {
    const { version, resource, about } = PUBLIC_EVENTS[type];
    const schema = { $schema, ...$defs[`${type}.v${version}`], $defs: parts };
    return { type, version, resource, description: about, schema };
  });
}

/** What billing alone knows of webhooks: secrets that were just made, and the log of deliveries. */
@Injectable()
export class WebhooksQuery {
  constructor(
    private readonly desk: BillingDesk,
    private readonly gate: Gate,
  ) {}

  /** The answer of a mutation that made a key, with its secret: shown now and never again. */
  async withSecret(operation: Operation, answer: object): Promise<object> {
    if (!('keyId' in answer)) return answer;
    const { id, keyId } = answer as { readonly id: string; readonly keyId: string };
    const question = { organizationId: operation.organizationId, endpointId: id, keyId };
    const asking = this.desk.ask(WEBHOOK_SUBJECTS.secret, question, WITHIN_MS);
    const { secret, algorithm } = await answered(asking, WebhookSecretAnswer);
    return { ...answer, secret: secret ?? null, algorithm: algorithm ?? null };
  }

  /** Every public event; for whoever has a key. */
  catalogue(): readonly object[] {
    catalogue ??= makeCatalogue();
    return catalogue;
  }

  async deliveries(operation: Operation, { id, first, after, phase }: DeliveriesArguments) {
    await this.gate.allow(operation, 'webhooks:read');
    const question = {
      ...{ organizationId: operation.organizationId, endpointId: id, first: pageSize(first) },
      ...(after ? { after } : {}),
      ...(phase ? { phase } : {}),
    };
    const asking = this.desk.ask(WEBHOOK_SUBJECTS.deliveries, question, WITHIN_MS);
    const { deliveries = [], hasNext = false } = await answered(asking, WebhookDeliveriesAnswer);
    const rows = deliveries.map((entry) => ({ key: entry.deliveryId, cursor: entry.cursor, row: toDelivery(entry) }));
    return toConnection({ rows, hasNext });
  }

  async delivery(operation: Operation, deliveryId: string) {
    await this.gate.allow(operation, 'webhooks:read');
    const question = { organizationId: operation.organizationId, deliveryId };
    const asking = this.desk.ask(WEBHOOK_SUBJECTS.delivery, question, WITHIN_MS);
    const { delivery, body, attempts = [] } = await answered(asking, WebhookDeliveryAnswer);
    return delivery ? { delivery: toDelivery(delivery), body: body ?? null, attempts } : null;
  }
}
