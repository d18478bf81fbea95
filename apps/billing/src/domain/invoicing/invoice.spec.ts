import fc from 'fast-check';
import { fold } from '@solyx/kernel';
import type { InvoiceLine, TaxLine } from '@solyx/contracts';
import { eventRegistry } from '@solyx/contracts';
import { given, propertyRuns } from '@solyx/testing';
import { amountOf } from '../rating/amount';
import { zeroSum } from '../postings';
import { Charging, PERIOD, TERMS, type Use } from '../../test/invoicing';
import { invoiceDecider, invoiceIdOf, type Invoice, type InvoiceCommand, type InvoiceEvent } from './invoice';
import { LineSheet } from './invoice-lines';
import { creditedPostings } from './invoice-postings';
import { taxLine, taxOf } from './tax';

const at = '2026-02-04T00:00:00.000Z';
const past = given(invoiceDecider);
const party = { name: 'ACME', address: [] };

const line = (amount: number, lineKey = 'k1', more: Partial<InvoiceLine> = {}): InvoiceLine => ({
  kind: 'gpu',
  source: 'owned',
  ...{ lineKey, description: 'GPU time', project: 'default', skuId: 'gpu/owned/H100' },
  ...{ pricing: 'on-demand', quality: 'standard', quantity: '1', unit: 'milli-gpu-ms', from: at, to: at },
  ...{ amountMicroUsd: String(amount), listAmountMicroUsd: String(amount), charges: 1, priceText: '' },
  ...more,
});

const draft = (lines: readonly InvoiceLine[], simulated = false) =>
  ({
    type: 'DraftInvoice',
    data: {
      ...{ invoiceId: invoiceIdOf('acme', PERIOD, simulated), organizationId: 'acme', period: PERIOD, zone: 'UTC' },
      ...{ from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z', legalEntityId: 'main', simulated },
      currency: 'USD',
      ...{ billTo: party, costCentre: '', sourceStream: 'billing.account-acme' },
      ...{ sourceRevision: '9', closedBy: 'event', chargeCount: lines.length, lines, at },
    },
  }) as const;

const finalise = (taxes: readonly TaxLine[] = [], credit = 0) =>
  ({
    type: 'FinaliseInvoice',
    data: {
      ...{ number: 'INV-000001', sequence: 1, issuer: party, taxes, taxStatement: 'none', issuedAt: at, dueAt: at, at },
      credits: credit === 0 ? [] : [{ grantId: 'g', description: 'Credit', amountMicroUsd: String(credit) }],
    },
  }) as const;

const pay = (amount?: number, paymentId = 'pay_1') =>
  ({
    type: 'RecordPayment',
    data: {
      method: 'transfer',
      ...{ paymentId, reference: 'bank', at },
      ...(amount === undefined ? {} : { amountMicroUsd: String(amount) }),
    },
  }) as const;

const credit = (wishes: readonly (readonly [string, number])[], creditNoteId = 'crn_1') =>
  ({
    type: 'CreditInvoice',
    data: {
      ...{ creditNoteId, note: 'sorry', at },
      wishes: wishes.map(([lineKey, amount]) => ({ lineKey, amountMicroUsd: String(amount) })),
    },
  }) as const;

const cancel = { type: 'VoidInvoice', data: { note: 'wrong', at } } as const;

/** Runs commands from the beginning; what is refused is left out. */
function run(...commands: readonly InvoiceCommand[]) {
  let state: Invoice = invoiceDecider.initial;
  const events: InvoiceEvent[] = [];
  for (const command of commands) {
    const decision = invoiceDecider.decide(command, state);
    if (!decision.accepted) continue;
    decision.events.forEach((event) => eventRegistry.validate(event, 64 * 1024));
    events.push(...decision.events);
    state = fold(invoiceDecider, decision.events, state);
  }
  return { state, events };
}

const usage: fc.Arbitrary<Use> = fc.record({
  quantity: fc.bigInt({ min: 1n, max: 80_000_000_000n }),
  project: fc.constantFrom('vision', 'language'),
  simulated: fc.constantFrom(false, false, true),
  hour: fc.integer({ min: 0, max: 700 }),
});

describe('The lines of an invoice', () => {
  it('are the same in whatever order the charges come, and sum to them; each is rounded once', () => {
    fc.assert(
      fc.property(fc.array(usage, { minLength: 1, maxLength: 30 }), fc.infiniteStream(fc.nat()), (uses, chance) => {
        const charging = new Charging('acme');
        const charges = uses.map((use) => charging.charge(use));
        const shuffled = [...charges].map((charge) => ({ charge, rank: chance.next().value as number }));
        shuffled.sort((a, b) => a.rank - b.rank);
        for (const simulated of [false, true]) {
          const [one, other] = [new LineSheet(simulated), new LineSheet(simulated)];
          charges.forEach((charge) => one.add(charge));
          shuffled.forEach(({ charge }) => other.add(charge));
          expect(other.lines()).toEqual(one.lines());
          const own = charges.flatMap(({ lines }) => lines).filter((each) => each.simulated === simulated);
          expect(one.total).toBe(own.reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n));
          for (const { quantity, amountMicroUsd } of one.lines()) {
            expect(amountMicroUsd).toBe(amountOf(TERMS, BigInt(quantity)).toString());
          }
        }
      }),
      propertyRuns(150),
    );
  });

  it('keep a correction apart from what it corrects', () => {
    const charge = new Charging('acme').charge({ quantity: 3_600_000_000n });
    const sheet = new LineSheet(false);
    sheet.add(charge);
    sheet.add({ ...charge, chargeId: 'chg_c', correctsPeriod: '2025-12' });
    const [corrected, plain] = [...sheet.lines()].sort((a) => (a.correctsPeriod === undefined ? 1 : -1));
    expect(corrected).toMatchObject({ correctsPeriod: '2025-12', lineKey: `${plain?.lineKey}~2025-12` });
    expect(corrected?.description).toContain('Correction of 2025-12');
    expect(plain).toMatchObject({ amountMicroUsd: '2300000', charges: 1 });
    expect(plain).not.toHaveProperty('correctsPeriod');
  });
});

describe('Invoice', () => {
  it('is drafted once, with all its lines', () => {
    const { events, state } = run(draft([line(5), line(7, 'k2')]));
    expect(events.map(({ type }) => type)).toEqual(['billing.invoice.lines-listed', 'billing.invoice.drafted']);
    expect(state.draft).toMatchObject({ lineCount: 2, parts: 1, subtotalMicroUsd: '12' });
    past(...events)
      .when(draft([line(99)]))
      .thenNothing();
  });

  it('divides many lines so that each event is small enough, and refuses more than an append holds', () => {
    const words = 'x'.repeat(250);
    const many = Array.from({ length: 1_000 }, (_, index) =>
      line(1, `k${index}`, { description: words, terms: TERMS }),
    );
    const { events, state } = run(draft(many));
    expect(events.length).toBeGreaterThan(10);
    expect(state.lines).toEqual(many);
    expect(state.draft?.parts).toBe(events.length - 1);
    const tooMany = Array.from({ length: 40_000 }, (_, index) => line(1, `k${index}`));
    past().when(draft(tooMany)).thenRefused('InvoiceTooLarge');
  });

  it('is issued from its draft, with tax and credits, and never again', () => {
    const vat = taxLine({ name: 'VAT 19 %', jurisdiction: 'DE', ratePpm: 190_000 }, '1000');
    const { state, events } = run(draft([line(1_000)]), finalise([vat], 250));
    expect(state.issued).toMatchObject({ taxMicroUsd: '190', creditMicroUsd: '250', totalMicroUsd: '940' });
    expect(state.outstanding).toBe(940n);
    past(...events)
      .when(finalise())
      .thenNothing();
    past().when(finalise()).thenRefused('InvoiceUnknown');
  });

  it('has a hash of all that it says', () => {
    const hashOf = (...commands: readonly InvoiceCommand[]) => run(...commands).state.issued?.contentHash;
    const hash = hashOf(draft([line(1_000)]), finalise());
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf(draft([line(1_000)]), finalise())).toBe(hash);
    expect(hashOf(draft([line(1_001)]), finalise())).not.toBe(hash);
    expect(hashOf(draft([line(1_000)]), finalise([], 1))).not.toBe(hash);
  });

  it('needs no payment where nothing is due', () => {
    const { state } = run(draft([line(1_000)]), finalise([], 1_000));
    expect(state.outstanding).toBe(0n);
    expect(state.payments).toEqual(['acme.2026-01.nothing-due']);
    const favour = run(draft([line(-40)]), finalise());
    expect(favour.state.outstanding).toBe(-40n);
  });

  it('is paid in parts, each once, and not beyond what is owed', () => {
    const { events } = run(draft([line(1_000)]), finalise(), pay(400));
    past(...events)
      .when(pay(400))
      .thenNothing();
    past(...events)
      .when(pay(601, 'pay_2'))
      .thenRefused('PaymentExceedsInvoice');
    expect(run(draft([line(1_000)]), finalise(), pay(400), pay(undefined, 'pay_2')).state.outstanding).toBe(0n);
    past(...run(draft([line(5)])).events)
      .when(pay())
      .thenRefused('InvoiceNotIssued');
  });

  it('does not exist for another organization that would pay it, and is not paid by an empty wallet', () => {
    const { events } = run(draft([line(1_000)]), finalise());
    const { data } = pay();
    past(...events)
      .when({ type: 'RecordPayment', data: { ...data, payer: 'other' } })
      .thenRefused('InvoiceUnknown');
    past(...events)
      .when({ type: 'RecordPayment', data: { ...data, method: 'wallet', availableMicroUsd: '999' } })
      .thenRefused('WalletTooLow');
  });

  it('is voided only while nobody paid or was credited', () => {
    const issued = run(draft([line(1_000)]), finalise()).events;
    expect(run(draft([line(1_000)]), finalise(), cancel).state).toMatchObject({ phase: 'void', outstanding: 0n });
    past(...issued, ...run(draft([line(1_000)]), finalise(), cancel).events.slice(-1))
      .when(pay())
      .thenRefused('InvoiceVoided');
    past(...run(draft([line(1_000)]), finalise(), pay(1)).events)
      .when(cancel)
      .thenRefused('InvoiceSettled');
    past(...run(draft([line(1_000)]), finalise(), credit([['k1', 1]])).events)
      .when(cancel)
      .thenRefused('InvoiceSettled');
  });

  it('gives back no more of a line than is left of it, and all of its tax with all of its lines', () => {
    const wishes = fc.array(fc.tuple(fc.constantFrom('k1', 'k2', 'k3', 'none'), fc.integer({ min: -5, max: 900 })), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.array(wishes, { maxLength: 12 }), (asked) => {
        const vat = taxLine({ name: 'VAT', jurisdiction: 'DE', ratePpm: 193_337 }, '2001');
        const lines = [line(999, 'k1'), line(1_002, 'k2'), line(0, 'k3')];
        const notes = asked.map((one, index) => credit(one, `crn_${index}`));
        const { state, events } = run(draft(lines), finalise([vat]), ...notes, credit([], 'crn_rest'));
        const given = new Map<string, bigint>();
        for (const note of state.creditNotes) {
          for (const each of note.lines) {
            given.set(each.lineKey, (given.get(each.lineKey) ?? 0n) + BigInt(each.amountMicroUsd));
          }
        }
        for (const each of lines) expect(given.get(each.lineKey) ?? 0n).toBe(BigInt(each.amountMicroUsd));
        expect(state.creditNotes.reduce((sum, { taxes }) => sum + taxOf(taxes), 0n)).toBe(taxOf([vat]));
        expect(state.outstanding).toBe(0n);
        past(...events)
          .when(credit([['k1', 1]], 'crn_more'))
          .thenRefused('CreditExceedsInvoice');
      }),
      propertyRuns(100),
    );
  });

  it('takes a discount back with what it was for', () => {
    const lines = [line(1_000, 'k1'), line(-100, 'k2', { kind: 'adjustment' })];
    const { state } = run(draft(lines), finalise(), credit([]));
    expect(state.creditNotes[0]).toMatchObject({ subtotalMicroUsd: '900', outstandingMicroUsd: '0' });
    past(...run(draft(lines), finalise()).events)
      .when(credit([['k1', 1_000]]))
      .thenRefused('CreditExceedsInvoice');
  });

  it('posts in balance, whatever it does', () => {
    const amount = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(amount, amount, amount, fc.boolean(), (subtotal, taxes, credits, simulated) => {
        const vat = {
          name: 'VAT',
          jurisdiction: 'DE',
          ratePpm: 0,
          taxableMicroUsd: '0',
          amountMicroUsd: String(taxes),
        };
        const begun = [draft([line(subtotal)], simulated), finalise([vat], credits)] as const;
        const all = [...run(...begun, pay()).events, ...run(...begun, cancel).events];
        for (const { data } of all) {
          const { postings = [] } = data as { readonly postings?: Parameters<typeof zeroSum>[0] };
          expect(zeroSum(postings)).toBe(true);
          for (const { account } of postings) expect(account.startsWith('simulated:')).toBe(simulated);
        }
        const lines = [
          { kind: 'gpu', source: 'owned', amountMicroUsd: String(subtotal) },
          { kind: 'token', source: 'shared', amountMicroUsd: String(credits) },
        ] as const;
        expect(zeroSum(creditedPostings(simulated, lines, BigInt(taxes)))).toBe(true);
      }),
      propertyRuns(100),
    );
  });
});
