import fc from 'fast-check';
import { canonicalJson } from '@solyx/kernel';
import type { InvoiceLine } from '@solyx/contracts';
import { propertyRuns } from '@solyx/testing';
import type { InvoiceContent } from '../domain/invoicing/invoice-content';
import { Charging, PERIOD, type Use } from '../test/invoicing';
import { chargebackCsv, chargebackOf, UNASSIGNED, WHOLE_PERIOD } from './chargeback';
import { csvLine, textCell } from './csv';
import { invoiceCsv } from './invoice-csv';
import { creditNotePdf, invoicePdf, PRINTED_LINES_MAX } from './invoice-pdf';
import { marginCsv, marginJson } from './margin';
import { money, printable } from './text';

const AT = '2026-02-04T00:00:00.000Z';
const HASH = 'f'.repeat(64);

const line = (index: number): InvoiceLine => ({
  kind: 'gpu',
  source: 'owned',
  lineKey: `k${index}`,
  description: 'GPU time, H100',
  project: index % 2 === 0 ? 'vision' : 'language',
  skuId: 'gpu/owned/H100/on-demand/standard',
  pricing: 'on-demand',
  quality: 'standard',
  quantity: '45000000000',
  unit: 'milli-gpu-ms',
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-02-01T00:00:00.000Z',
  amountMicroUsd: '28750000',
  listAmountMicroUsd: '30000000',
  charges: 2,
  priceText: '2.30 USD per GPU-hour',
});

function content(lineCount: number, more: Partial<InvoiceContent> = {}): InvoiceContent {
  const lines = Array.from({ length: lineCount }, (_, index) => line(index));
  const subtotal = (28_750_000n * BigInt(lineCount)).toString();
  return {
    form: 'solyx.invoice/1',
    invoiceId: `acme.${PERIOD}`,
    number: 'INV-000042',
    simulated: false,
    currency: 'USD',
    organizationId: 'acme',
    period: { id: PERIOD, zone: 'UTC', from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' },
    legalEntityId: 'main',
    issuer: { name: 'Solyx GmbH', address: ['Beispielstraße 1', '10115 Berlin'], country: 'DE', taxId: 'DE123456789' },
    billTo: { name: 'ACME Research', address: ['1 Main Street'] },
    costCentre: 'CC-42',
    issuedAt: AT,
    dueAt: '2026-02-18T00:00:00.000Z',
    lines,
    linesHash: HASH,
    taxes: [],
    taxStatement: 'No tax was calculated on this document.',
    credits: [],
    subtotalMicroUsd: subtotal,
    taxMicroUsd: '0',
    creditMicroUsd: '0',
    totalMicroUsd: subtotal,
    source: { stream: 'billing.account-acme', revision: '9', closedBy: 'event', charges: 2 },
    ...more,
  };
}

/** The texts of each page: an uncompressed PDF holds them as hexadecimal strings, in pieces where letters are kerned. */
function pagesOf(pdf: Buffer): readonly string[] {
  const streams = pdf
    .toString('latin1')
    .split('stream\n')
    .filter((part) => part.includes(' TJ'));
  return streams.map((stream) =>
    [...stream.matchAll(/\[(.*?)\] TJ/g)]
      .map(([, inner = '']) =>
        [...inner.matchAll(/<([0-9a-f]+)>/g)]
          .map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1'))
          .join(''),
      )
      .join('\n'),
  );
}

describe('An invoice as PDF', () => {
  it('is the same bytes each time, and other bytes for other content', () => {
    expect(invoicePdf(content(20), HASH).equals(invoicePdf(content(20), HASH))).toBe(true);
    expect(invoicePdf(content(20), HASH).equals(invoicePdf(content(21), HASH))).toBe(false);
  });

  it('says who owes whom how much for what, and carries itself as JSON', () => {
    const invoice = content(3, {
      taxes: [{ name: 'VAT 19 %', jurisdiction: 'DE', ratePpm: 190_000, taxableMicroUsd: '1', amountMicroUsd: '7' }],
      credits: [{ grantId: 'g', description: 'Credit (promotion)', amountMicroUsd: '5' }],
    });
    const pdf = invoicePdf(invoice, HASH);
    const [page = '', ...more] = pagesOf(pdf);
    expect(more).toEqual([]);
    const said = ['INVOICE', 'INV-000042', 'Solyx GmbH', 'ACME Research', '86.250000 USD', '2026-02-18', '28.750000'];
    for (const words of [...said, '12.5', 'GPU-hour', 'VAT 19 %', 'Credit (promotion)', '-0.000005', HASH, 'CC-42']) {
      expect(page).toContain(words);
    }
    expect(page).toContain('No tax was calculated on this document.');
    expect(page).not.toContain('SIMULATED');
    expect(pdf.includes(Buffer.from(canonicalJson(invoice)))).toBe(true);
  });

  it('says SIMULATED on every page of a rehearsal', () => {
    const pages = pagesOf(invoicePdf(content(80, { simulated: true, number: 'SIM-000001' }), HASH));
    expect(pages.length).toBeGreaterThan(2);
    for (const [index, page] of pages.entries()) {
      expect(page).toContain('SIMULATED: a rehearsal. Nothing is owed, nothing was delivered.');
      expect(page).toContain(`Page ${index + 1} of ${pages.length}`);
    }
  });

  it('prints sums where there are too many lines to read', () => {
    const pages = pagesOf(invoicePdf(content(PRINTED_LINES_MAX + 2), HASH));
    expect(pages.length).toBe(1);
    expect(pages[0]).toContain('Each line is in the JSON and CSV of this invoice.');
  });

  it('has a credit note beside it', () => {
    const note = {
      ...{
        form: 'solyx.credit-note/1',
        creditNoteId: 'crn_1',
        number: 'CN-000001',
        simulated: false,
        organizationId: 'acme',
      },
      currency: 'USD' as const,
      invoice: { invoiceId: `acme.${PERIOD}`, number: 'INV-000042', period: PERIOD },
      ...{
        legalEntityId: 'main',
        issuer: content(1).issuer,
        billTo: content(1).billTo,
        issuedAt: AT,
        note: 'slow hour',
      },
      lines: [{ ...line(1), amountMicroUsd: '600000' }],
      ...{ taxes: [], taxStatement: 'none', subtotalMicroUsd: '600000', taxMicroUsd: '0', totalMicroUsd: '600000' },
    };
    const pdf = creditNotePdf(note, HASH);
    expect(pdf.equals(creditNotePdf(note, HASH))).toBe(true);
    const page = pagesOf(pdf).join('\n');
    for (const words of ['CREDIT NOTE', 'CN-000001', 'INV-000042', '0.600000', 'slow hour'])
      expect(page).toContain(words);
  });

  it('prints what its fonts have letters for', () => {
    expect(printable('Łódź Åre “x” € – 東京')).toBe('Lódz Åre “x” € – ??');
    expect(money('-1234567500000')).toBe('-1,234,567.500000');
  });
});

describe('CSV', () => {
  it('is no formula, whatever a customer calls a project', () => {
    for (const evil of ['=1+1', '+1', '-1', '@x', '\tx', '\rx', '=HYPERLINK("http://x","y")']) {
      expect(textCell(evil).replace(/^"/, '')).toMatch(/^'/);
    }
    expect(textCell('plain, with "quotes"\n')).toBe('"plain, with ""quotes""\n"');
    const invoice = content(1, { lines: [{ ...line(0), project: '=cmd|x' }] });
    expect(invoiceCsv(invoice).toString()).toContain(",'=cmd|x,");
  });

  it('has a row for each line, tax and credit, and sums to what is to be paid', () => {
    const invoice = content(3, {
      taxes: [{ name: 'VAT', jurisdiction: 'DE', ratePpm: 0, taxableMicroUsd: '0', amountMicroUsd: '7000000' }],
      credits: [{ grantId: 'g', description: 'Credit', amountMicroUsd: '250000' }],
    });
    const [header = '', ...rows] = invoiceCsv(invoice).toString().trimEnd().split('\r\n');
    const at = header.split(',').indexOf('amount_usd');
    const amounts = rows.map((row) =>
      BigInt(Math.round(Number(row.split(',').slice(at - header.split(',').length)[0]) * 1e6)),
    );
    expect(rows).toHaveLength(5);
    expect(amounts.reduce((sum, amount) => sum + amount, 0n)).toBe(3n * 28_750_000n + 7_000_000n - 250_000n);
    expect(csvLine(['a', 'b'])).toBe('a,b\r\n');
  });
});

describe('Chargeback', () => {
  const asked = { period: PERIOD, simulated: false, by: 'team', label: '', organizationId: 'acme' } as const;
  const used: fc.Arbitrary<Use> = fc.record(
    {
      quantity: fc.bigInt({ min: 1n, max: 90_000_000_000n }),
      team: fc.constantFrom('red', 'blue', 'green'),
      user: fc.constantFrom('ann', 'bob'),
    },
    { requiredKeys: ['quantity'] },
  );

  it('sums to what was charged, whoever used it, and does not depend on who came first', () => {
    fc.assert(
      fc.property(fc.array(used, { minLength: 1, maxLength: 25 }), (uses) => {
        const [forth, back] = [new Charging('acme'), new Charging('acme')];
        const charges = uses.map((use) => forth.charge(use));
        const reversed = [...uses].reverse().map((use) => back.charge(use));
        const made = chargebackOf(charges, asked);
        const total = charges.reduce((sum, { totalMicroUsd }) => sum + BigInt(totalMicroUsd), 0n);
        expect(made.totalMicroUsd).toBe(total.toString());
        expect(made.groups.reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n)).toBe(total);
        if (total > 0n) expect(made.groups.reduce((sum, { sharePpm }) => sum + sharePpm, 0)).toBe(1_000_000);
        expect(chargebackOf(reversed, asked)).toEqual(made);
      }),
      propertyRuns(100),
    );
  });

  it('gives the same price to who used the same, and shows what nobody used as its own line', () => {
    const charging = new Charging('acme');
    const hours = 3_600_000_000n * 100n;
    const charges = [
      charging.charge({ quantity: hours, team: 'red' }),
      charging.charge({ quantity: hours, team: 'blue' }),
    ];
    const unused = new Charging('acme').charge({ quantity: 7n * 3_600_000_000n });
    const [idleLine] = unused.lines;
    const idle = { ...unused, lines: [{ ...idleLine!, kind: 'commitment' as const, lineKey: 'unused' }] };
    const whole = { ...unused, lines: [{ ...idleLine!, kind: 'minimum' as const, lineKey: 'minimum' }] };
    const made = chargebackOf([...charges, idle, whole, charging.charge({ quantity: 1n })], asked);
    const groups = new Map(made.groups.map(({ group, amountMicroUsd }) => [group, amountMicroUsd]));
    // 100 hours at 2.30 and 100 at 2.00, half of it each.
    expect(groups.get('red')).toBe('215000000');
    expect(groups.get('blue')).toBe('215000000');
    expect(groups.get('(idle)')).toBe('16100000');
    expect(groups.get(WHOLE_PERIOD)).toBe('16100000');
    expect(groups.has(UNASSIGNED)).toBe(true);
    expect(chargebackCsv(made).toString()).toContain(',(idle),16.100000,');
  });

  it('is by project, user, label or organization as well', () => {
    const charging = new Charging('acme');
    const charges = [
      charging.charge({ quantity: 3_600_000_000n, user: 'ann', labels: { stage: 'test' } }),
      charging.charge({ quantity: 3_600_000_000n, project: 'vision', simulated: true }),
    ];
    const groupsBy = (by: 'project' | 'user' | 'label' | 'organization', simulated = false) =>
      chargebackOf(charges, { ...asked, by, label: 'stage', simulated }).groups.map(({ group }) => group);
    expect(groupsBy('user')).toEqual(['ann']);
    expect(groupsBy('label')).toEqual(['test']);
    expect(groupsBy('organization')).toEqual(['acme']);
    expect(groupsBy('project')).toEqual(['default']);
    expect(groupsBy('project', true)).toEqual(['vision']);
  });
});

it('Margin is revenue less providers, credits and cost', () => {
  const row = {
    ...{ period: PERIOD, simulated: false, source: 'owned', revenueMicroUsd: '10000000', providersMicroUsd: '0' },
    ...{ creditedMicroUsd: '1000000', costMicroUsd: '4000000', idleMicroUsd: '500000' },
  };
  expect(marginCsv([row]).toString()).toContain(
    `${PERIOD},false,owned,10.000000,0.000000,1.000000,4.000000,0.500000,5.000000`,
  );
  expect(JSON.parse(marginJson(PERIOD, [row]).toString())).toMatchObject({ sources: [{ marginMicroUsd: '5000000' }] });
});
