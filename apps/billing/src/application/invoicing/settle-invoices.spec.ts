import type { Recorded } from '@solyx/kernel';
import type { Role } from '@solyx/kernel';
import type {
  CreditNoteIssued,
  InvoicePaid,
  InvoiceVoided,
  LegalEntityRegistered,
  NumberAssigned,
  WalletCreditGranted,
} from '@solyx/contracts/billing';
import {
  CreditNoteRequested,
  InvoicePaymentRequested,
  InvoiceVoidRequested,
  LegalEntityRequested,
} from '@solyx/contracts/gateway';
import { walletDecider, type WalletCommand } from '../../domain/wallet';
import { availableOf } from '../../domain/wallet-state';
import { zeroSum } from '../../domain/postings';
import { Bookkeeping, Charging, PERIOD } from '../../test/invoicing';
import { CreditInvoiceHandler } from './credit-invoice.handler';
import { creditNoteView } from './credit-note.projection';
import { invoiceView } from './invoice.projection';
import { legalEntityView } from './legal-entity.projection';
import { RegisterLegalEntityHandler } from './register-legal-entity.handler';
import { SettleInvoiceHandler } from './settle-invoice.handler';

const GPU_HOUR = 3_600_000_000n;
const at = '2026-02-04T00:00:00.000Z';
const ID = `acme.${PERIOD}`;
const FIRST = { attempt: 1, redelivered: false };
const AGAIN = { attempt: 2, redelivered: true };

/** An invoice of 4.60 USD, issued, and what settles it. `drawn`: so much of it was paid from the wallet before. */
async function issued({ drawn = 0n } = {}) {
  const books = new Bookkeeping();
  const charging = new Charging('acme');
  const charges = [charging.charge({ quantity: GPU_HOUR }), charging.charge({ quantity: GPU_HOUR })];
  const started = books.start();
  const { streams, credits, numbers } = started;
  const transact = (commandId: string, command: WalletCommand) => {
    const context = { commandId, organizationId: 'acme', correlationId: 'c', causationId: 'c' };
    const actor = { kind: 'service', id: 'billing', roles: [] } as const;
    return streams.transact(walletDecider, 'acme', command, { ...context, actor });
  };
  const fill = async (amount: string): Promise<void> => {
    const data = {
      ...{ grantId: 'top', organizationId: 'acme', simulated: false, amountMicroUsd: amount, reference: 'r', at },
      confirmed: true,
    };
    await transact('fill', { type: 'TopUp', data });
  };
  if (drawn > 0n) await fill(drawn.toString());
  const closed = await books.closeMonth(charges);
  for (const { chargeId, totalMicroUsd } of charges) {
    const wanted = [{ kind: 'gpu' as const, simulated: false, amount: BigInt(totalMicroUsd) }];
    const data = { chargeId, organizationId: 'acme', project: 'default', wanted, prepaid: true, postedAt: at, at };
    await transact(`draw ${chargeId}`, { type: 'DrawCharge', data });
  }
  await started.issuing.issue(closed);
  const { clock } = books;
  const settle = new SettleInvoiceHandler(streams, credits, clock);
  const credit = new CreditInvoiceHandler(streams, numbers, clock);
  const entities = new RegisterLegalEntityHandler(streams);
  let requests = 0;
  const asked = async <D extends object>(
    define: (data: never) => { readonly type: string; readonly data: unknown },
    data: D,
    who: { readonly roles?: readonly Role[]; readonly organizationId?: string } = {},
  ): Promise<Recorded<never>> => {
    requests += 1;
    const { roles = ['operator'], organizationId = 'acme' } = who;
    const event = define({ requestId: `req_${requests}`, fingerprint: 'f', at, ...data } as never);
    const [recorded] = await books.record(`gateway.request-req_${requests}`, [event], organizationId);
    const actor = { kind: 'key', id: 'key', roles } as const;
    return { ...recorded!, metadata: { ...recorded!.metadata, actor } } as unknown as Recorded<never>;
  };
  const available = async (): Promise<bigint> => availableOf((await streams.load(walletDecider, 'acme')).state, false);
  const row = async () => (await view(books, invoiceView)).get(ID);
  return { books, settle, credit, entities, asked, fill, available, row };
}

/** The rows of a view, folded from event 0. */
async function view<Row>(books: Bookkeeping, projection: import('@solyx/eventing').Projection<Row>) {
  const rows = new Map<string, Row>();
  for await (const event of books.log.readAll({ prefixes: projection.prefixes })) {
    for (const key of projection.keys(event)) {
      const next = projection.apply(rows.get(key) ?? projection.initial, event, key);
      if (next !== undefined) rows.set(key, next);
    }
  }
  return rows;
}

describe('An issued invoice', () => {
  it('is shown with what became of it, from its first charge on', async () => {
    const { row } = await issued();
    expect(await row()).toMatchObject({
      ...{ status: 'finalised', number: 'INV-000001', charges: 2, lineCount: 1, totalMicroUsd: '4600000' },
      ...{ outstandingMicroUsd: '4600000', period: PERIOD, organizationId: 'acme', simulated: false },
    });
    const open = new Bookkeeping();
    const charge = new Charging('acme').charge({ quantity: GPU_HOUR });
    await open.record('billing.account-acme', [{ type: 'billing.account.charge-posted', data: charge }], 'acme');
    expect((await view(open, invoiceView)).get(ID)).toMatchObject({
      status: 'open',
      totalMicroUsd: '2300000',
      charges: 1,
    });
  });

  it('is paid by what came in, which only an operator may say', async () => {
    const { books, settle, asked, row } = await issued();
    const wish = { invoiceId: ID, method: 'transfer', reference: 'bank 1', amountMicroUsd: '4000000' };
    const tenant = await asked(InvoicePaymentRequested as never, wish, { roles: ['owner', 'billing'] });
    await expect(settle.pay(tenant, FIRST)).rejects.toMatchObject({ code: 'PermissionDenied' });
    const operator = await asked(InvoicePaymentRequested as never, wish, { organizationId: 'solyx' });
    await settle.pay(operator, FIRST);
    await settle.pay(operator, AGAIN);
    expect(await row()).toMatchObject({ status: 'finalised', paidMicroUsd: '4000000', outstandingMicroUsd: '600000' });
    const rest = { invoiceId: ID, method: 'card', reference: 'card 2' };
    await settle.pay(await asked(InvoicePaymentRequested as never, rest), FIRST);
    expect(await row()).toMatchObject({ status: 'paid', outstandingMicroUsd: '0' });
    const paid = await books.all<InvoicePaid>('billing.invoice.paid');
    expect(paid.map(({ data }) => data.amountMicroUsd)).toEqual(['4000000', '600000']);
    for (const { data } of paid) expect(zeroSum(data.postings)).toBe(true);
  });

  it('is paid from the wallet of its customer, once, and not from a poor one', async () => {
    const { books, settle, asked, fill, available, row } = await issued();
    const wish = { invoiceId: ID, method: 'wallet', reference: '' };
    const who = { roles: ['billing'] } as const;
    await settle.pay(await asked(InvoicePaymentRequested as never, wish, who), FIRST);
    const refusals = await books.all<{ type: 'billing.command.refused'; data: { reason: string } }>(
      'billing.command.refused',
    );
    expect(refusals.map(({ data }) => data.reason)).toEqual(['WalletTooLow']);
    await fill('10000000');
    const other = await asked(InvoicePaymentRequested as never, wish, { ...who, organizationId: 'other' });
    await settle.pay(other, FIRST);
    expect(await row()).toMatchObject({ status: 'finalised', paidMicroUsd: '0' });
    const request = await asked(InvoicePaymentRequested as never, wish, who);
    await settle.pay(request, FIRST);
    await settle.pay(request, AGAIN);
    expect(await available()).toBe(5_400_000n);
    expect(await row()).toMatchObject({ status: 'paid', paidMicroUsd: '4600000', outstandingMicroUsd: '0' });
  });

  it('is credited in part with a note of its own number, and no further than it goes', async () => {
    const { books, credit, asked, row } = await issued();
    const [line] = (await books.events(`billing.invoice-${ID}`)).flatMap(
      ({ data }) => (data as { readonly lines?: readonly { readonly lineKey: string }[] }).lines ?? [],
    );
    const lines = [{ lineKey: line!.lineKey, amountMicroUsd: '600000' }];
    const part = await asked(CreditNoteRequested as never, { invoiceId: ID, note: 'an hour was slow', lines });
    await credit.credit(part, FIRST);
    await credit.credit(part, AGAIN);
    await credit.credit(await asked(CreditNoteRequested as never, { invoiceId: ID, note: 'all', lines: [] }), FIRST);
    await credit.credit(await asked(CreditNoteRequested as never, { invoiceId: ID, note: 'more', lines }), FIRST);
    const notes = await books.all<CreditNoteIssued>('billing.creditNote.issued');
    expect(notes.map(({ data }) => [data.number, data.totalMicroUsd])).toEqual([
      ['CN-000001', '600000'],
      ['CN-000002', '4000000'],
    ]);
    expect(await row()).toMatchObject({ creditedMicroUsd: '4600000', outstandingMicroUsd: '0', status: 'paid' });
    expect((await view(books, creditNoteView)).size).toBe(2);
    for (const { data } of notes) expect(zeroSum(data.postings)).toBe(true);
    const numbers = await books.all<NumberAssigned>('billing.legalEntity.number-assigned');
    expect(numbers.map(({ data }) => `${data.document} ${data.sequence}`)).toEqual([
      'invoice 1',
      'credit-note 1',
      'credit-note 2',
    ]);
    const stranger = await asked(
      CreditNoteRequested as never,
      { invoiceId: ID, note: '', lines: [] },
      { roles: ['owner'] },
    );
    await expect(credit.credit(stranger, FIRST)).rejects.toMatchObject({ code: 'PermissionDenied' });
  });

  it('is voided once, and keeps its number', async () => {
    const { books, settle, asked, row } = await issued();
    const request = await asked(InvoiceVoidRequested as never, { invoiceId: ID, note: 'wrong customer' });
    await settle.voidOne(request, FIRST);
    await settle.voidOne(request, AGAIN);
    expect(await row()).toMatchObject({ status: 'void', number: 'INV-000001', note: 'wrong customer' });
    const [voided, ...more] = await books.all<InvoiceVoided>('billing.invoice.voided');
    expect(more).toEqual([]);
    expect(zeroSum(voided?.data.postings ?? [])).toBe(true);
    // Nothing had been drawn for it.
    expect(await books.all<WalletCreditGranted>('billing.wallet.credit-granted')).toEqual([]);
  });

  it('gives the credit back that had paid for it, once, when it is voided', async () => {
    const { settle, asked, available, row } = await issued({ drawn: 1_000_000n });
    expect(await row()).toMatchObject({ creditMicroUsd: '1000000', totalMicroUsd: '3600000' });
    expect(await available()).toBe(0n);
    const request = await asked(InvoiceVoidRequested as never, { invoiceId: ID, note: 'wrong' });
    await settle.voidOne(request, FIRST);
    await settle.voidOne(request, AGAIN);
    expect(await available()).toBe(1_000_000n);
  });

  it('has its credit note issued by the next process, where the first died after it had decided', async () => {
    const { books, asked, credit } = await issued();
    const request = await asked(CreditNoteRequested as never, { invoiceId: ID, note: 'all', lines: [] });
    const dying = books.start();
    dying.numbers.entity = () => Promise.reject(new Error('gone'));
    const first = new CreditInvoiceHandler(dying.streams, dying.numbers, books.clock);
    await expect(first.credit(request, FIRST)).rejects.toThrow('gone');
    expect(await books.all('billing.invoice.credited')).toHaveLength(1);
    expect(await books.all('billing.creditNote.issued')).toEqual([]);
    await credit.credit(request, AGAIN);
    expect(await books.all('billing.invoice.credited')).toHaveLength(1);
    const [note] = await books.all<CreditNoteIssued>('billing.creditNote.issued');
    expect(note?.data).toMatchObject({ number: 'CN-000001', totalMicroUsd: '4600000' });
  });

  it('is issued by whom an operator registers', async () => {
    const { books, entities, asked } = await issued();
    const wish = {
      ...{ legalEntityId: 'gmbh', party: { name: 'Solyx GmbH', address: ['Berlin'] }, paymentTermsDays: 30 },
      ...{ invoicePrefix: 'DE-', creditNotePrefix: 'DE-CN-' },
    };
    await entities.register(await asked(LegalEntityRequested as never, wish), FIRST);
    const registered = await books.all<LegalEntityRegistered>('billing.legalEntity.registered');
    expect(registered.map(({ data }) => data.legalEntityId)).toEqual(['main', 'gmbh']);
    const rows = await view(books, legalEntityView);
    expect(rows.get('main')).toMatchObject({ invoices: 1, creditNotes: 0, invoicePrefix: 'INV-' });
    expect(rows.get('gmbh')).toMatchObject({ invoices: 0, party: { name: 'Solyx GmbH' } });
    const tenant = await asked(LegalEntityRequested as never, wish, { roles: ['owner'] });
    await expect(entities.register(tenant, FIRST)).rejects.toMatchObject({ code: 'PermissionDenied' });
  });
});
