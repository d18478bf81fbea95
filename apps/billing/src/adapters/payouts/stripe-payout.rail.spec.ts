import fc from 'fast-check';
import { propertyRuns } from '@solyx/testing';
import { SolyxError } from '@solyx/kernel';
import { PaymentService, type Mishap } from '../../test/payment-service';
import { StripeClient } from './stripe-client';
import { StripeIdentityCheck } from './stripe-identity.check';
import { StripePayoutRail } from './stripe-payout.rail';

const payment = {
  payoutId: 'po_1',
  providerId: 'owner',
  accountRef: 'acct_1',
  netMicroUsd: '48250000',
  createdAt: '2026-02-01T00:00:00.000Z',
};
const ATTEMPTS_MAX = 40;

let service: PaymentService;
let client: StripeClient;
let rail: StripePayoutRail;
let address: string;

beforeEach(async () => {
  service = new PaymentService();
  address = await service.start();
  client = new StripeClient({ url: address, key: 'sk_test' });
  rail = new StripePayoutRail(client);
});
afterEach(async () => {
  await client.close();
  await service.stop();
});

/** As the bus does: again, as long as the outcome is unknown. */
async function submitUntilKnown(): Promise<unknown> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    try {
      return await rail.submit(payment);
    } catch (error) {
      if (!(error instanceof SolyxError) || !error.retryable) throw error;
    }
  }
  throw new Error('the outcome stayed unknown');
}

describe('The rail of connected accounts', () => {
  it('makes a transfer of whole cents under the id of the payout, once', async () => {
    expect(await rail.submit(payment)).toEqual({ taken: true, reference: 'tr_1' });
    expect(await rail.submit(payment)).toEqual({ taken: true, reference: 'tr_1' });
    expect(service.transfers).toEqual([
      { id: 'tr_1', amount: 4_825, destination: 'acct_1', transfer_group: 'po_1', reversed: false },
    ]);
    expect(await rail.statusOf(payment, 'tr_1')).toEqual({ status: 'paid' });
    expect(await rail.statusOf(payment, 'tr_9')).toEqual({ status: 'pending' });
  });

  it('finds its transfer again when the service has forgotten the key', async () => {
    service.mishaps.push('none', 'lose');
    await expect(rail.submit(payment)).rejects.toMatchObject({ code: 'Unavailable' });
    service.forgetKeys();
    expect(await rail.submit(payment)).toEqual({ taken: true, reference: 'tr_1' });
    expect([service.transfers.length, service.posts]).toEqual([1, 1]);
  });

  it('pays once when two processes submit at the same time', async () => {
    const other = new StripeClient({ url: address, key: 'sk_test' });
    const answers = await Promise.all([rail.submit(payment), new StripePayoutRail(other).submit(payment)]);
    await other.close();
    expect(answers).toEqual([
      { taken: true, reference: 'tr_1' },
      { taken: true, reference: 'tr_1' },
    ]);
    expect(service.transfers).toHaveLength(1);
  });

  it('pays once, whatever is lost, fails or is answered twice', async () => {
    const mishap = fc.constantFrom<Mishap>('none', 'lose', 'fail-before', 'fail-after', 'garbage', 'busy');
    await fc.assert(
      fc.asyncProperty(fc.array(mishap, { maxLength: 12 }), async (mishaps) => {
        service.transfers.length = 0;
        service.forgetKeys();
        service.mishaps.splice(0, service.mishaps.length, ...mishaps);
        expect(await submitUntilKnown()).toEqual({ taken: true, reference: 'tr_1' });
        expect(service.transfers).toHaveLength(1);
      }),
      propertyRuns(25),
    );
  });

  it('fails a payment that will never be made, and lets one wait that may be', async () => {
    service.refusals.set('acct_1', { status: 400, error: { code: 'account_closed', message: 'No such account.' } });
    expect(await rail.submit(payment)).toEqual({ taken: false, reason: 'account_closed: No such account.' });
    service.refusals.set('acct_1', { status: 400, error: { code: 'balance_insufficient', message: 'Too little.' } });
    await expect(rail.submit(payment)).rejects.toMatchObject({ code: 'Unavailable' });
    const wrongKey = new StripeClient({ url: 'http://127.0.0.1:1', key: 'sk_wrong' });
    await expect(new StripePayoutRail(wrongKey).submit(payment)).rejects.toMatchObject({ code: 'Unavailable' });
    await wrongKey.close();
  });

  it('does not take what is not the payment that was meant', async () => {
    await rail.submit(payment);
    const other = { ...payment, netMicroUsd: '1000000' };
    await expect(rail.submit(other)).rejects.toMatchObject({ code: 'FailedPrecondition' });
  });

  it('says when a transfer was reversed', async () => {
    await rail.submit(payment);
    service.transfers[0]!.reversed = true;
    expect(await rail.statusOf(payment, 'tr_1')).toMatchObject({ status: 'returned' });
  });
});

describe('The check of connected accounts', () => {
  it.each([
    [{ payouts_enabled: true }, 'verified'],
    [{ payouts_enabled: false, requirements: { disabled_reason: 'requirements.past_due' } }, 'pending'],
    [{ payouts_enabled: false, requirements: { disabled_reason: 'rejected.fraud' } }, 'rejected'],
    [undefined, 'rejected'],
  ])('of %j is %s', async (account, outcome) => {
    if (account) service.accounts.set('acct_1', account);
    const answer = await new StripeIdentityCheck(client).check({ providerId: 'owner', documentRef: 'acct_1' });
    expect(answer.outcome).toBe(outcome);
  });
});
