import { Logger } from '@nestjs/common';
import {
  Database,
  defineContext,
  onOccasion,
  PostgresProjectionRunner,
  PostgresViews,
  ViewProgress,
  ViewRegistry,
  type Views,
} from '@solyx/eventing';
import { SolyxError, type Recorded } from '@solyx/kernel';
import type { ReconciliationCounted } from '@solyx/contracts/billing';
import { ReconciliationRequested } from '@solyx/contracts/gateway';
import { MemoryViews, withPostgres } from '@solyx/testing';
import { invoiceDecider } from '../../domain/invoicing/invoice';
import { walletDecider } from '../../domain/wallet';
import { iso, ORGANIZATION, T0 } from '../../test/fixtures';
import { HOUR, ProofPlane } from '../../test/proof-plane';
import { balanceView } from '../balance.projection';
import { budgetView } from '../budget.projection';
import { chargeView } from '../charge.projection';
import { invoiceView } from '../invoicing/invoice.projection';
import { walletView } from '../wallet.projection';
import { ReconcileDayProcess } from './reconcile-day.process';
import { Reconciler } from './reconciler';

const PROJECTIONS = [chargeView, balanceView, budgetView, walletView, invoiceView];

type Counted = ReconciliationCounted['data'];

/** Two months of use, one invoice paid from a wallet, one not paid. */
async function lived(): Promise<ProofPlane> {
  const plane = new ProofPlane();
  await plane.open();
  const grant = {
    ...{
      grantId: 'crd_1',
      organizationId: ORGANIZATION,
      kind: 'promotion' as const,
      simulated: false,
      amountMicroUsd: '5000000',
    },
    ...{ priority: 1, categories: [], projects: [], note: 'Welcome.', at: iso(T0) },
  };
  const occasion = onOccasion('billing', 'grant', ORGANIZATION);
  await plane.streams.transact(walletDecider, ORGANIZATION, { type: 'GrantCredit', data: grant }, occasion);
  await plane.months();
  const paid = {
    ...{ paymentId: 'pay_1', method: 'transfer' as const, reference: 'bank 7', at: plane.clock.iso() },
  };
  const payment = onOccasion('billing', 'payment', ORGANIZATION);
  await plane.streams.transact(
    invoiceDecider,
    `${ORGANIZATION}.2026-01`,
    { type: 'RecordPayment', data: paid },
    payment,
  );
  return plane;
}

const dayOfCharges = async (plane: ProofPlane): Promise<string> =>
  ((await plane.all('billing.account.charge-posted'))[0]?.recordedAt ?? '').slice(0, 10);

describe('A day counted again', () => {
  const postgres = withPostgres();
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it('is what the views show', async () => {
    const plane = await lived();
    const views = new MemoryViews(plane.log, PROJECTIONS, plane.clock);
    const day = await dayOfCharges(plane);
    const counted = await new Reconciler(plane.log, views, plane.clock).count(day);
    expect(counted).toMatchObject({ day, differing: 0, differences: [], imbalanceMicroUsd: '0' });
    for (const { view, compared } of counted.views) expect([view, compared > 0]).toEqual([view, true]);
    const charges = (await plane.all('billing.account.charge-posted')).filter(({ recordedAt }) =>
      recordedAt.startsWith(day),
    );
    const total = charges.reduce(
      (sum, { data }) => sum + BigInt((data as { totalMicroUsd: string }).totalMicroUsd),
      0n,
    );
    expect(counted.events).toContainEqual({
      type: 'billing.account.charge-posted',
      events: charges.length,
      amountMicroUsd: String(total),
    });
  });

  it('names the charge that no budget ever counted', async () => {
    const plane = await lived();
    const [charge] = await plane.all('billing.account.charge-posted');
    const { data, metadata, type } = charge as Recorded & { data: { chargeId: string } };
    const lost = { ...data, chargeId: 'chg_lost', resource: { kind: 'job', id: 'job_9' } };
    await plane.log.append('billing.account-other', [{ id: 'lost', type, data: lost, metadata }], 'any');
    plane.clock.advance(HOUR);
    const views = new MemoryViews(plane.log, PROJECTIONS, plane.clock);
    const counted = await new Reconciler(plane.log, views, plane.clock).count(plane.clock.iso().slice(0, 10));
    expect(counted.differences).toEqual([
      { view: budgetView.name, key: 'chg_lost', field: 'charge-counted', log: 'a charge', shown: 'nothing' },
    ]);
  });

  describe('beside views in PostgreSQL', () => {
    let schemas = 0;
    let plane: ProofPlane;
    beforeAll(async () => {
      plane = await lived();
    });
    const open = async (): Promise<{ views: Views; sql: (text: string) => Promise<unknown> }> => {
      schemas += 1;
      const root = new Database({ postgresUrl: postgres.url, instance: 'spec' });
      closing.push(() => root.close());
      await root.query(`CREATE SCHEMA r${schemas}`);
      const options = encodeURIComponent(`-c search_path=r${schemas}`);
      const database = new Database({ postgresUrl: `${postgres.url}?options=${options}`, instance: 'spec' });
      closing.push(() => database.close());
      const shared = { log: plane.log, database, registry: new ViewRegistry(database), progress: new ViewProgress() };
      const runner = new PostgresProjectionRunner(shared);
      closing.push(() => runner.stop());
      await runner.start(defineContext({ context: 'billing', listens: [], projections: PROJECTIONS }), PROJECTIONS, 1n);
      const makeViews = (): Views => new PostgresViews({ ...shared, clock: plane.clock, projections: PROJECTIONS });
      const head = await plane.log.head();
      for (const view of PROJECTIONS) expect(await makeViews().waitFor(view, head, 60_000)).toBe(true);
      return { views: makeViews(), sql: (text) => database.query(text) };
    };

    const tampered: readonly (readonly [string, string, string, string])[] = [
      ['an invoice', 'billing_invoice', 'totalMicroUsd', 'acme.2026-01'],
      ['what was paid', 'billing_invoice', 'paidMicroUsd', 'acme.2026-01'],
      ['a budget', 'billing_budget', 'spentMicroUsd', 'acme'],
      ['a balance', 'billing_balance', 'balanceMicroUsd', 'acme/cash'],
    ];
    it.each(tampered)('names %s that somebody changed there', async (_, view, field, key) => {
      const { views, sql } = await open();
      const table = `${view}_v${PROJECTIONS.find(({ name }) => name === view)?.version}`;
      await sql(`UPDATE ${table} SET row = jsonb_set(row::jsonb, '{${field}}', '"1"')::json WHERE key = '${key}'`);
      const counted = await new Reconciler(plane.log, views, plane.clock).count(await dayOfCharges(plane));
      expect(counted.differing).toBe(1);
      expect(counted.differences).toEqual([expect.objectContaining({ view, key, field, shown: '1' })]);
    });

    it('names a charge, and a row of a wallet, that somebody changed or made up', async () => {
      const { views, sql } = await open();
      const charge = `billing_charge_v${chargeView.version}`;
      const wallet = `billing_wallet_v${walletView.version}`;
      await sql(`UPDATE ${charge} SET row = jsonb_set(row::jsonb, '{totalMicroUsd}', '"1"')::json`);
      await sql(`UPDATE ${wallet} SET row = jsonb_set(row::jsonb, '{money,availableMicroUsd}', '"777"')::json`);
      const day = await dayOfCharges(plane);
      const counted = await new Reconciler(plane.log, views, plane.clock).count(day);
      expect(counted.differences).toContainEqual(
        expect.objectContaining({
          view: 'billing_wallet',
          key: 'acme/money',
          field: 'availableMicroUsd',
          shown: '777',
        }),
      );
      const wrong = counted.differences.filter(({ view }) => view === 'billing_charge');
      expect(wrong.length).toBeGreaterThan(0);
      for (const { field, shown } of wrong) expect([field, shown]).toEqual(['totalMicroUsd', '1']);
    });
  });

  it('is recorded once by itself, and once for each request', async () => {
    const plane = await lived();
    const views = new MemoryViews(plane.log, PROJECTIONS, plane.clock);
    const process = new ReconcileDayProcess(plane.streams, new Reconciler(plane.log, views, plane.clock), plane.clock);
    await process.daily();
    await process.daily();
    await new ReconcileDayProcess(plane.streams, new Reconciler(plane.log, views, plane.clock), plane.clock).daily();
    expect(await plane.all('billing.reconciliation.counted')).toHaveLength(1);
    const asked = ReconciliationRequested({
      requestId: 'req_1',
      fingerprint: 'f',
      day: '2026-02-01',
      at: plane.clock.iso(),
    });
    const request = (await plane.recorded(
      'gateway.request-req_1',
      asked,
      'platform',
    )) as unknown as Recorded<ReconciliationRequested>;
    const byOperator = {
      ...request,
      metadata: { ...request.metadata, actor: { kind: 'key' as const, id: 'key_1', roles: ['operator'] } },
    };
    await process.requested(byOperator, { attempt: 1, redelivered: false });
    await process.requested(byOperator, { attempt: 2, redelivered: true });
    const all = (await plane.all('billing.reconciliation.counted')).map(({ data }) => data as Counted);
    expect(all).toHaveLength(2);
    expect(all[1]).toMatchObject({ requestId: 'req_1', day: '2026-02-01', differing: 0 });
    const stranger = {
      ...request,
      metadata: { ...request.metadata, actor: { kind: 'key' as const, id: 'key_2', roles: ['viewer'] } },
    };
    const refused = await process.requested(stranger, { attempt: 1, redelivered: false }).catch(SolyxError.from);
    expect(refused).toMatchObject({ code: 'PermissionDenied' });
  });
});
