import { randomBytes } from 'node:crypto';
import type { WebhookAlgorithm, WebhookKey } from '@solyx/contracts';
import type { Database } from '@solyx/eventing';
import { keyMissing, knownOf, shown, type KeptKey } from '../../application/webhooks/key-material';
import {
  WebhookSecrets,
  type KeyOrder,
  type ShownSecret,
  type SigningKey,
} from '../../application/webhooks/webhook-secrets';
import type { SealingKey } from './sealing-key';

const KEY_BYTES = 32;

interface Row {
  readonly key_id: string;
  readonly endpoint_id: string;
  readonly organization_id: string;
  readonly algorithm: WebhookAlgorithm;
  readonly sealed: Buffer;
  readonly made_at: Date;
}

/** Sealed secrets in the service's own schema. */
export class PostgresWebhookSecrets extends WebhookSecrets {
  constructor(
    private readonly database: Database,
    private readonly sealing: SealingKey,
  ) {
    super();
  }

  override async make({ keyId, endpointId, organizationId, algorithm, at }: KeyOrder): Promise<WebhookKey> {
    const sealed = this.sealing.seal(randomBytes(KEY_BYTES), ownerOf(endpointId, keyId));
    await this.database.query(
      `INSERT INTO webhook_secret (key_id, endpoint_id, organization_id, algorithm, sealed, made_at)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key_id) DO NOTHING`,
      [keyId, endpointId, organizationId, algorithm, sealed, at],
    );
    return knownOf(await this.read(endpointId, keyId));
  }

  override async load(endpointId: string, keyIds: readonly string[]): Promise<readonly SigningKey[]> {
    return Promise.all(keyIds.map((keyId) => this.read(endpointId, keyId)));
  }

  override async show(order: Parameters<WebhookSecrets['show']>[0]): Promise<ShownSecret> {
    const key = await this.read(order.endpointId, order.keyId);
    if (key.organizationId !== order.organizationId) throw keyMissing(order.keyId);
    return shown(key, order.at);
  }

  override async forgetAllBut(endpointId: string, keyIds: readonly string[]): Promise<void> {
    await this.database.query('DELETE FROM webhook_secret WHERE endpoint_id = $1 AND NOT key_id = ANY($2)', [
      endpointId,
      keyIds,
    ]);
  }

  private async read(endpointId: string, keyId: string): Promise<KeptKey> {
    const [row] = await this.database.query<Row>(
      'SELECT * FROM webhook_secret WHERE key_id = $1 AND endpoint_id = $2',
      [keyId, endpointId],
    );
    if (!row) throw keyMissing(keyId);
    return {
      keyId,
      endpointId,
      organizationId: row.organization_id,
      algorithm: row.algorithm,
      bytes: this.sealing.open(row.sealed, ownerOf(endpointId, keyId)),
      madeAt: row.made_at.toISOString(),
    };
  }
}

const ownerOf = (endpointId: string, keyId: string): string => `${endpointId}/${keyId}`;
