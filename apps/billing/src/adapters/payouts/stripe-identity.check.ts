import { IdentityCheck, type IdentityAnswer, type IdentityQuestion } from '../../application/payouts/identity-check';
import type { StripeClient } from './stripe-client';

/** The connected account was checked by the payment service when it may be paid (`payouts_enabled`). */
export class StripeIdentityCheck extends IdentityCheck {
  readonly name = 'stripe';

  constructor(private readonly client: StripeClient) {
    super();
  }

  async check({ documentRef }: IdentityQuestion): Promise<IdentityAnswer> {
    const { status, body } = await this.client.get(`/v1/accounts/${encodeURIComponent(documentRef)}`);
    if (status === 404) return { outcome: 'rejected', reason: 'there is no such connected account' };
    if (body['payouts_enabled'] === true) return { outcome: 'verified', reference: documentRef };
    const { disabled_reason: why } = (body['requirements'] ?? {}) as { disabled_reason?: unknown };
    return typeof why === 'string' && why.startsWith('rejected')
      ? { outcome: 'rejected', reason: why.slice(0, 256) }
      : { outcome: 'pending' };
  }
}
