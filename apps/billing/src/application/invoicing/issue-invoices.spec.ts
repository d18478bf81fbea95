import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Streams, type EventLog } from '@solyx/eventing';
import { anchor, SolyxError, type Recorded } from '@solyx/kernel';
import type { InvoiceFinalised, NumberAssigned, PeriodClosed } from '@solyx/contracts/billing';
import { readCustomerFile } from '../../adapters/invoicing/file-customer.directory';
import { invoiceDecider } from '../../domain/invoicing/invoice';
import { legalEntityDecider } from '../../domain/invoicing/legal-entity';
import { taxLine } from '../../domain/invoicing/tax';
import { walletDecider } from '../../domain/wallet';
import { zeroSum } from '../../domain/postings';
import { Bookkeeping, Charging, PERIOD } from '../../test/invoicing';

const GPU_HOUR = 3_600_000_000n;
const at = '2026-02-04T00:00:00.000Z';

/** A log whose process is killed at its n-th append: before it reaches the store, or after, with nobody told. */
class Killed extends Error {}
function killing(log: EventLog, appends: number, reaches: boolean): EventLog {
  let left = appends;
  return new Proxy(log, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'append') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      return async (...call: Parameters<EventLog['append']>) => {
        left -= 1;
        if (left < 0) throw new Killed('gone');
        if (left > 0) return target.append(...call);
        if (reaches) await target.append(...call);
        throw new Killed('gone');
      };
    },
  });
}

/** Months of some organizations; every third one also has a rehearsal. */
async function months(books: Bookkeeping, organizations: number): Promise<readonly Recorded<PeriodClosed>[]> {
  const closed: Recorded<PeriodClosed>[] = [];
  for (let index = 0; index < organizations; index += 1) {
    const charging = new Charging(`org${index}`);
    const charges = [1n, 2n, 3n].map((hours) => charging.charge({ quantity: hours * GPU_HOUR }));
    const rehearsed = index % 3 === 0 ? [charging.charge({ quantity: GPU_HOUR, simulated: true })] : [];
    closed.push(await books.closeMonth([...charges, ...rehearsed]));
  }
  return closed;
}

async function expectGapless(books: Bookkeeping, entity: string, count: number): Promise<void> {
  const assigned = (await books.all<NumberAssigned>('billing.legalEntity.number-assigned')).filter(
    ({ data }) => data.legalEntityId === entity,
  );
  expect(assigned.map(({ data }) => data.sequence)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  const finalised = (await books.all<InvoiceFinalised>('billing.invoice.finalised')).filter(
    ({ data }) => data.legalEntityId === entity,
  );
  expect(finalised.map(({ data }) => data.number).sort()).toEqual(assigned.map(({ data }) => data.number).sort());
  expect(new Set(finalised.map(({ data }) => data.invoiceId)).size).toBe(count);
}

describe('Issuing invoices', () => {
  it('drafts, numbers and finalises what was charged, money and rehearsals apart', async () => {
    const books = new Bookkeeping();
    const charging = new Charging('acme');
    const real = charging.charge({ quantity: 2n * GPU_HOUR });
    const closed = await books.closeMonth([real, charging.charge({ quantity: GPU_HOUR, simulated: true })]);
    const { issuing } = books.start();
    await issuing.issue(closed);
    await issuing.issue(closed);
    const [invoice, rehearsal, ...more] = await books.all<InvoiceFinalised>('billing.invoice.finalised');
    expect(more).toEqual([]);
    expect(invoice?.data).toMatchObject({ number: 'INV-000001', totalMicroUsd: '4600000', simulated: false });
    expect(rehearsal?.data).toMatchObject({ number: 'SIM-000001', totalMicroUsd: '2300000', simulated: true });
    expect(rehearsal?.data.legalEntityId).toBe('simulated');
    expect(invoice?.data).toMatchObject({ issuedAt: at, dueAt: '2026-02-18T00:00:00.000Z' });
    expect(zeroSum(invoice?.data.postings ?? [])).toBe(true);
    const { lines, draft } = (await new Streams(books.log).load(invoiceDecider, `acme.${PERIOD}`)).state;
    expect(draft).toMatchObject({ linesHash: anchor(lines), closedBy: closed.id, chargeCount: 1, period: PERIOD });
  });

  it('issues nothing for a period without charges', async () => {
    const books = new Bookkeeping();
    await books.start().issuing.issue(await books.closeMonth([]));
    expect(await books.all('billing.invoice.drafted')).toEqual([]);
  });

  it('loses no number and gives none twice, wherever its process is killed', async () => {
    const books = new Bookkeeping();
    const closed = await months(books, 30);
    let done = 0;
    // Each process issues a few and dies a little further on, then the next one hears again what was not answered.
    for (let life = 0; done < closed.length; life += 1) {
      const { issuing } = books.start(undefined, killing(books.log, 1 + (life % 9), life % 2 === 0));
      for (let next = done; next < closed.length; next += 1) {
        const error = await issuing.issue(closed[next]!).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error) {
          expect(SolyxError.from(error).cause ?? error).toBeInstanceOf(Killed);
          break;
        }
        done = next + 1;
      }
      expect(life).toBeLessThan(1_000);
    }
    await expectGapless(books, 'main', 30);
    await expectGapless(books, 'simulated', 10);
  });

  it('gives each invoice its number where many are issued at once, by two processes that do not know of each other', async () => {
    const books = new Bookkeeping();
    const closed = await months(books, 24);
    const [one, other] = [books.start(), books.start()];
    const retried = async (run: () => Promise<void>): Promise<void> => {
      for (let attempt = 0; attempt < 100; attempt += 1) {
        const error = await run().then(() => undefined, SolyxError.from);
        if (!error) return;
        expect(error.retryable).toBe(true);
      }
      throw new Error('never issued');
    };
    await Promise.all(
      closed.flatMap((event) => [retried(() => one.issuing.issue(event)), retried(() => other.issuing.issue(event))]),
    );
    await expectGapless(books, 'main', 24);
    await expectGapless(books, 'simulated', 8);
  });

  it('issues nothing where the charges are not what the account counted', async () => {
    const books = new Bookkeeping();
    const charging = new Charging('acme');
    const closed = await books.closeMonth([charging.charge({ quantity: GPU_HOUR })]);
    const wrong = { ...closed, data: { ...closed.data, totalMicroUsd: '1' } };
    await expect(books.start().issuing.issue(wrong)).rejects.toMatchObject({ code: 'Internal' });
    expect(await books.all('billing.invoice.drafted')).toEqual([]);
  });

  it('takes off what the wallet paid, once the wallet has heard of every charge', async () => {
    const books = new Bookkeeping();
    const charging = new Charging('acme');
    const { streams, issuing } = books.start();
    const context = { commandId: 'c', organizationId: 'acme', correlationId: 'c', causationId: 'c' };
    const actor = { kind: 'service', id: 'billing', roles: [] } as const;
    const grant = {
      ...{ grantId: 'gift', organizationId: 'acme', simulated: false, amountMicroUsd: '3000000' },
      kind: 'promotion',
      ...{ priority: 50, categories: [], projects: [], note: '', at },
    } as const;
    await streams.transact(walletDecider, 'acme', { type: 'GrantCredit', data: grant }, { ...context, actor });
    const charges = [charging.charge({ quantity: GPU_HOUR }), charging.charge({ quantity: GPU_HOUR })];
    const closed = await books.closeMonth(charges);
    await expect(issuing.issue(closed)).rejects.toMatchObject({ code: 'Unavailable' });
    expect(await books.all('billing.invoice.finalised')).toEqual([]);
    for (const [index, { chargeId, totalMicroUsd }] of charges.entries()) {
      const wanted = [{ kind: 'gpu' as const, simulated: false, amount: BigInt(totalMicroUsd) }];
      const data = { chargeId, organizationId: 'acme', project: 'default', wanted, prepaid: false, postedAt: at, at };
      const own = { ...context, actor, commandId: `draw${index}` };
      await streams.transact(walletDecider, 'acme', { type: 'DrawCharge', data }, own);
    }
    await issuing.issue(closed);
    const [invoice] = await books.all<InvoiceFinalised>('billing.invoice.finalised');
    expect(invoice?.data).toMatchObject({
      subtotalMicroUsd: '4600000',
      creditMicroUsd: '3000000',
      totalMicroUsd: '1600000',
    });
    expect(invoice?.data.credits).toEqual([
      { grantId: 'gift', description: 'Credit (promotion)', amountMicroUsd: '3000000' },
    ]);
    await expectGapless(books, 'main', 1);
  });

  it('prints the tax that a source knows, and the address that the account refers to', async () => {
    const books = new Bookkeeping();
    const vat = { name: 'VAT 19 %', jurisdiction: 'DE', ratePpm: 190_000 };
    const taxes = {
      taxOn: ({ subtotalMicroUsd }: { readonly subtotalMicroUsd: string }) =>
        Promise.resolve({ lines: [taxLine(vat, subtotalMicroUsd)], statement: 'VAT is charged.' }),
    };
    const closed = await books.closeMonth([new Charging('acme').charge({ quantity: GPU_HOUR })]);
    await books.record(
      'gateway.organization-acme',
      [{ type: 'gateway.organization.registered', data: { organizationId: 'acme', name: 'ACME Research', at } }],
      'acme',
    );
    await books.start(taxes).issuing.issue(closed);
    const [invoice] = await books.all<InvoiceFinalised>('billing.invoice.finalised');
    expect(invoice?.data).toMatchObject({ taxMicroUsd: '437000', totalMicroUsd: '2737000' });
    const { draft } = (await new Streams(books.log).load(invoiceDecider, `acme.${PERIOD}`)).state;
    expect(draft?.billTo).toEqual({ name: 'ACME Research', address: [] });

    const folder = mkdtempSync(path.join(tmpdir(), 'solyx-customers-'));
    try {
      const file = path.join(folder, 'customers.json');
      writeFileSync(file, JSON.stringify({ head: { name: 'ACME', address: ['1 Main Street'], country: 'US' } }));
      expect(readCustomerFile(file).get('head')).toMatchObject({ name: 'ACME', country: 'US' });
      writeFileSync(file, JSON.stringify({ head: { name: '' } }));
      expect(() => readCustomerFile(file)).toThrow(/customer file/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('waits for a legal entity that nobody has registered', async () => {
    const books = new Bookkeeping();
    const profile = {
      ...{
        organizationId: 'acme',
        timeZone: 'UTC',
        graceHours: 72,
        legalEntityId: 'gmbh',
        mode: 'postpaid',
        plan: 'free',
      },
      at,
    };
    await books.record('billing.account-acme', [{ type: 'billing.account.profile-set', data: profile }], 'acme');
    const closed = await books.closeMonth([new Charging('acme').charge({ quantity: GPU_HOUR })]);
    const { issuing, streams } = books.start();
    await expect(issuing.issue(closed)).rejects.toMatchObject({ code: 'Unavailable', reason: 'LegalEntityUnknown' });
    const data = {
      ...{ legalEntityId: 'gmbh', party: { name: 'Solyx GmbH', address: [] }, simulated: false, paymentTermsDays: 30 },
      ...{ invoicePrefix: 'DE-', creditNotePrefix: 'DE-CN-', at },
    };
    const context = { commandId: 'c', organizationId: 'platform', correlationId: 'c', causationId: 'c' };
    const actor = { kind: 'service', id: 'billing', roles: [] } as const;
    await streams.transact(legalEntityDecider, 'gmbh', { type: 'RegisterLegalEntity', data }, { ...context, actor });
    await issuing.issue(closed);
    const [invoice] = await books.all<InvoiceFinalised>('billing.invoice.finalised');
    expect(invoice?.data).toMatchObject({ number: 'DE-000001', dueAt: '2026-03-06T00:00:00.000Z' });
  });
});
