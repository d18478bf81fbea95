import { SolyxError } from '@solyx/kernel';
import type { Payment, PaymentStatus, PayoutRail, Submission } from '../../application/payouts/payout-rail';
import type { StripeAnswer, StripeClient } from './stripe-client';

const MICRO_PER_CENT = 10_000n;
/** What may be otherwise tomorrow: the payment waits. */
const PASSING = new Set(['balance_insufficient', 'rate_limit', 'lock_timeout', 'idempotency_key_in_use']);

interface Transfer {
  readonly id: string;
  readonly amount: number;
  readonly destination: string;
  readonly reversed: boolean;
}

const transferOf = (body: Readonly<Record<string, unknown>>): Transfer | undefined => {
  const { id, amount, destination, reversed } = body;
  return typeof id === 'string' && typeof amount === 'number' && typeof destination === 'string'
    ? { id, amount, destination, reversed: reversed === true }
    : undefined;
};

const errorOf = ({
  body,
}: StripeAnswer): { readonly type: string; readonly code: string; readonly message: string } => {
  const error = (body['error'] ?? {}) as Readonly<Record<string, unknown>>;
  const said = (name: string): string => (typeof error[name] === 'string' ? error[name] : '');
  return { type: said('type'), code: said('code'), message: said('message') };
};

/**
 * Transfers to connected accounts, in the shape of Stripe Connect (https://docs.stripe.com/api/transfers). The payout's id
 * is the idempotency key, so that a repeat is the same transfer; and the transfer group, by which a transfer is found
 * again when the service has forgotten the key, which it may after a day.
 */
export class StripePayoutRail implements PayoutRail {
  readonly name = 'stripe';

  constructor(private readonly client: StripeClient) {}

  async submit(payment: Payment): Promise<Submission> {
    const { payoutId, accountRef, netMicroUsd, providerId } = payment;
    const amount = BigInt(netMicroUsd) / MICRO_PER_CENT;
    const before = await this.find(payoutId);
    if (before) return this.taken(payment, before);
    const form = {
      ...{ amount: amount.toString(), currency: 'usd', destination: accountRef, transfer_group: payoutId },
      ...{ 'metadata[payout_id]': payoutId, 'metadata[provider_id]': providerId },
    };
    const answer = await this.client.post('/v1/transfers', form, payoutId);
    const made = answer.status < 300 ? transferOf(answer.body) : undefined;
    if (made) return this.taken(payment, made);
    const { type, code, message } = errorOf(answer);
    if (answer.status < 400 || PASSING.has(code) || type === 'idempotency_error') {
      throw new SolyxError('Unavailable', `the payment service has not made ${payoutId} yet: ${code} ${message}`);
    }
    return { taken: false, reason: `${code === '' ? `HTTP ${answer.status}` : code}: ${message}`.slice(0, 256) };
  }

  async statusOf(payment: Payment, reference: string): Promise<PaymentStatus> {
    const { status, body } = await this.client.get(`/v1/transfers/${encodeURIComponent(reference)}`);
    const transfer = status < 300 ? transferOf(body) : undefined;
    if (!transfer) return { status: 'pending' };
    if (transfer.reversed) return { status: 'returned', reason: 'the transfer was reversed' };
    // A transfer is in the connected account once it is made.
    return { status: 'paid' };
  }

  private async find(payoutId: string): Promise<Transfer | undefined> {
    const { status, body } = await this.client.get('/v1/transfers', { transfer_group: payoutId, limit: '2' });
    const data = status < 300 ? body['data'] : undefined;
    if (!Array.isArray(data)) throw new SolyxError('Unavailable', 'the payment service does not list its transfers');
    const [first] = data as readonly Readonly<Record<string, unknown>>[];
    return first && transferOf(first);
  }

  /** What is there must be what was meant; otherwise a person has to look. */
  private taken({ payoutId, accountRef, netMicroUsd }: Payment, { id, amount, destination }: Transfer): Submission {
    if (BigInt(amount) * MICRO_PER_CENT === BigInt(netMicroUsd) && destination === accountRef) {
      return { taken: true, reference: id };
    }
    const message = `transfer ${id} of ${payoutId} is ${amount} cents to ${destination}, which was not asked for`;
    throw new SolyxError('FailedPrecondition', message, { payoutId, reference: id });
  }
}
