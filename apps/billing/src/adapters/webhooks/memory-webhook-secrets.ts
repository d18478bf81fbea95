import { Injectable } from '@nestjs/common';
import type { WebhookKey } from '@solyx/contracts';
import { derivedBytes, keyMissing, knownOf, shown, type KeptKey } from '../../application/webhooks/key-material';
import {
  WebhookSecrets,
  type KeyOrder,
  type ShownSecret,
  type SigningKey,
} from '../../application/webhooks/webhook-secrets';

/** For planes in memory: keys that anybody can derive, hence the same in each run. */
@Injectable()
export class MemoryWebhookSecrets extends WebhookSecrets {
  private readonly kept = new Map<string, KeptKey>();

  override make({ keyId, endpointId, organizationId, algorithm, at }: KeyOrder): Promise<WebhookKey> {
    const bytes = derivedBytes(`${endpointId}/${keyId}`);
    const key = this.kept.get(keyId) ?? { keyId, endpointId, organizationId, algorithm, bytes, madeAt: at };
    this.kept.set(keyId, key);
    return Promise.resolve(knownOf(key));
  }

  override async load(endpointId: string, keyIds: readonly string[]): Promise<readonly SigningKey[]> {
    return keyIds.map((keyId) => {
      const key = this.kept.get(keyId);
      if (key?.endpointId !== endpointId) throw keyMissing(keyId);
      return key;
    });
  }

  override async show(order: Parameters<WebhookSecrets['show']>[0]): Promise<ShownSecret> {
    const key = this.kept.get(order.keyId);
    if (key?.endpointId !== order.endpointId || key.organizationId !== order.organizationId) {
      throw keyMissing(order.keyId);
    }
    return shown(key, order.at);
  }

  override forgetAllBut(endpointId: string, keyIds: readonly string[]): Promise<void> {
    for (const [keyId, key] of this.kept) {
      if (key.endpointId === endpointId && !keyIds.includes(keyId)) this.kept.delete(keyId);
    }
    return Promise.resolve();
  }
}
