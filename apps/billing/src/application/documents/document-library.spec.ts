import { createHash } from 'node:crypto';
import { MemoryViews } from '@solyx/testing';
import { DOCUMENT_CHUNK_BYTES_MAX, type DocumentAnswer, type DocumentRequest } from '@solyx/contracts';
import type { InvoiceFinalised } from '@solyx/contracts/billing';
import { anchor } from '@solyx/kernel';
import { DocumentController } from '../../adapters/invoicing/document.controller';
import { faultsOfFocus } from '../../documents/focus/focus-check';
import { Bookkeeping, Charging, PERIOD } from '../../test/invoicing';
import { invoiceView } from '../invoicing/invoice.projection';
import type { InvoiceProofs } from '../proof/invoice-proofs';
import { DocumentLibrary } from './document-library';
import { DocumentPress, focusRowsOf } from './document-press';
import { periodMarginView } from './period-margin.projection';
import { PeriodCharges } from './period-charges';

const GPU_HOUR = 3_600_000_000n;
const ID = `acme.${PERIOD}`;

/** A month of two organizations, one of them invoiced, and who answers for its documents. */
async function desk() {
  const books = new Bookkeeping();
  const charging = new Charging('acme');
  const charges = [
    charging.charge({ quantity: 3n * GPU_HOUR, team: 'red' }),
    charging.charge({ quantity: GPU_HOUR, team: 'blue', hour: 1 }),
    charging.charge({ quantity: GPU_HOUR, simulated: true }),
  ];
  const started = books.start();
  await started.issuing.issue(await books.closeMonth(charges));
  const open = new Charging('other').charge({ quantity: GPU_HOUR });
  await books.record('billing.account-other', [{ type: 'billing.account.charge-posted', data: open }], 'other');
  const idle = {
    ...{
      nodeId: 'n1',
      gpuModel: 'H100',
      simulated: false,
      from: '2026-01-02T00:00:00.000Z',
      to: '2026-01-03T00:00:00.000Z',
    },
    ...{ amountMicroUsd: '900', idleMicroUsd: '400', accumulatedMicroUsd: '900', bookValueMicroUsd: '1', postings: [] },
    ...{ capacityGpuMilliMs: '10', usedGpuMilliMs: '5', usedTotalGpuMilliMs: '5', at: '2026-01-03T00:00:00.000Z' },
  };
  await books.record('billing.asset-n1', [{ type: 'billing.asset.depreciated', data: idle }], 'platform');
  const views = new MemoryViews(books.log, [invoiceView, periodMarginView], books.clock);
  const periods = new PeriodCharges(started.streams, started.charges, started.profiles);
  const proofs = { proofOf: (id: string) => Promise.resolve(`{"proof":"${id}"}`) } as unknown as InvoiceProofs;
  const press = new DocumentPress(started.streams, views, periods, started.customers, proofs);
  const controller = new DocumentController(new DocumentLibrary(press, books.clock));
  const ask = (wish: Partial<DocumentRequest>): Promise<DocumentAnswer> => {
    const reader = { organizationId: 'acme', roles: ['billing'] };
    const request = { reader, organizationId: 'acme', kind: 'invoice', id: ID, format: 'pdf', offset: 0 };
    return controller.document({ ...request, ...wish });
  };
  /** All pieces, put together and checked. */
  const fetch = async (wish: Partial<DocumentRequest>): Promise<{ readonly name: string; readonly text: string }> => {
    const pieces: Buffer[] = [];
    for (let offset = 0; ;) {
      const { chunk, refusal } = await ask({ ...wish, offset });
      if (!chunk) throw new Error(`${refusal?.code} ${refusal?.reason}: ${refusal?.message}`);
      const bytes = Buffer.from(chunk.chunk, 'base64');
      pieces.push(bytes);
      offset += bytes.length;
      if (offset < chunk.total) continue;
      const whole = Buffer.concat(pieces);
      expect(createHash('sha256').update(whole).digest('hex')).toBe(chunk.sha256);
      return { name: chunk.fileName, text: whole.toString('latin1') };
    }
  };
  const operator = { organizationId: 'solyx', roles: ['operator'] };
  return { books, ask, fetch, operator, periods };
}

describe('Documents on request', () => {
  it('are invoices in every format, the same each time', async () => {
    const { books, fetch } = await desk();
    const pdf = await fetch({});
    expect(pdf.name).toBe('INV-000001.pdf');
    expect(pdf.text.startsWith('%PDF-1.')).toBe(true);
    expect((await fetch({})).text).toBe(pdf.text);
    const { contentHash, ...content } = JSON.parse((await fetch({ format: 'json' })).text) as Record<string, unknown>;
    const [finalised] = await books.all<InvoiceFinalised>('billing.invoice.finalised');
    expect(contentHash).toBe(finalised?.data.contentHash);
    expect(anchor(content)).toBe(contentHash);
    expect((await fetch({ format: 'csv' })).text).toContain('INV-000001,false,2026-01,usage');
    expect(await fetch({ format: 'proof' })).toEqual({ name: 'INV-000001.proof.json', text: `{"proof":"${ID}"}` });
    expect((await fetch({ id: `${ID}.simulated` })).name).toBe('SIM-000001.pdf');
  });

  it('come in pieces that fit into a message', async () => {
    const books = new Bookkeeping();
    const charging = new Charging('acme');
    const charges = Array.from({ length: 600 }, (_, index) =>
      charging.charge({ quantity: GPU_HOUR, hour: index % 700 }),
    );
    const { streams, charges: account, profiles, customers, issuing } = books.start();
    await issuing.issue(await books.closeMonth(charges));
    const views = new MemoryViews(books.log, [invoiceView, periodMarginView], books.clock);
    const press = new DocumentPress(
      streams,
      views,
      new PeriodCharges(streams, account, profiles),
      customers,
      {} as unknown as InvoiceProofs,
    );
    const library = new DocumentLibrary(press, books.clock);
    const reader = { organizationId: 'acme', roles: ['owner'] };
    const request = { reader, organizationId: 'acme', kind: 'focus', id: PERIOD, format: 'csv' } as const;
    const first = await library.piece({ ...request, offset: 0 });
    expect(Buffer.from(first.chunk, 'base64')).toHaveLength(DOCUMENT_CHUNK_BYTES_MAX);
    expect(first.total).toBeGreaterThan(DOCUMENT_CHUNK_BYTES_MAX);
    const last = await library.piece({ ...request, offset: first.total });
    expect(last).toMatchObject({ chunk: '', sha256: first.sha256 });
    await expect(library.piece({ ...request, offset: first.total + 1 })).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  });

  it('belong to their organization: to others there are none, but to an operator', async () => {
    const { ask, fetch, operator } = await desk();
    const other = { organizationId: 'other', roles: ['owner'] };
    const viewer = { organizationId: 'acme', roles: ['viewer'] };
    const nobody = { organizationId: 'acme', roles: ['stranger'] };
    const codeOf = async (wish: Partial<DocumentRequest>) => (await ask(wish)).refusal?.code;
    expect(await codeOf({ reader: other })).toBe('PermissionDenied');
    expect(await codeOf({ reader: other, organizationId: 'other' })).toBe('NotFound');
    expect(await codeOf({ reader: nobody })).toBe('PermissionDenied');
    expect(await codeOf({ reader: viewer, kind: 'margin', id: PERIOD, format: 'csv' })).toBe('PermissionDenied');
    expect(await codeOf({ reader: viewer, kind: 'chargeback', by: 'organization', id: PERIOD, format: 'csv' })).toBe(
      'PermissionDenied',
    );
    expect((await fetch({ reader: viewer })).name).toBe('INV-000001.pdf');
    expect((await fetch({ reader: operator })).name).toBe('INV-000001.pdf');
  });

  it('are refused in words where there are none', async () => {
    const { ask } = await desk();
    const reasonOf = async (wish: Partial<DocumentRequest>) => (await ask(wish)).refusal?.reason;
    expect(await reasonOf({ id: 'acme.2025-01' })).toBe('DocumentUnknown');
    expect(await reasonOf({ kind: 'credit-note', id: 'crn_none' })).toBe('DocumentUnknown');
    expect(await reasonOf({ format: 'parquet' })).toBe('InvalidArgument');
    expect(await reasonOf({ kind: 'focus', id: 'January', format: 'csv' })).toBe('InvalidArgument');
    expect(await reasonOf({ kind: 'chargeback', by: 'label', id: PERIOD, format: 'csv' })).toBe('InvalidArgument');
    expect(await reasonOf({ offset: -1 })).toBe('InvalidArgument');
    expect((await ask({ kind: 'bananas' as never })).refusal?.message).toContain('DocumentRequest');
  });

  it('export what was charged: rows sum to the invoice, rehearsals apart', async () => {
    const { books, fetch, periods } = await desk();
    const [finalised] = await books.all<InvoiceFinalised>('billing.invoice.finalised');
    const charged = await periods.of({ organizationId: 'acme', period: PERIOD, simulated: false });
    const header = {
      ...{ organizationId: 'acme', organizationName: 'acme', periodStart: charged.from, periodEnd: charged.to },
      ...{ currency: 'USD', invoiceId: 'INV-000001', issuer: 'Solyx' },
    };
    const rows = await focusRowsOf(charged, false, header);
    expect(rows).toHaveLength(2);
    expect(faultsOfFocus(rows, header, BigInt(finalised!.data.totalMicroUsd))).toEqual([]);
    const csv = (await fetch({ kind: 'focus', id: PERIOD, format: 'csv' })).text.trimEnd().split('\r\n');
    expect(csv).toHaveLength(3);
    const rehearsed = (await fetch({ kind: 'focus', id: `${PERIOD}.simulated`, format: 'csv' })).text;
    expect(rehearsed.trimEnd().split('\r\n')).toHaveLength(2);
    expect(rehearsed).toContain('SIMULATED: H100');
    expect((await fetch({ kind: 'focus', id: PERIOD, format: 'parquet' })).text.slice(0, 4)).toBe('PAR1');
  });

  it('charge back by team, and for the operator by organization with what stood idle', async () => {
    const { fetch, operator } = await desk();
    const team = JSON.parse(
      (await fetch({ kind: 'chargeback', by: 'team', id: PERIOD, format: 'json' })).text,
    ) as object;
    expect(team).toMatchObject({
      groups: [
        { group: 'blue', amountMicroUsd: '2300000' },
        { group: 'red', amountMicroUsd: '6900000' },
      ],
      totalMicroUsd: '9200000',
    });
    const wish = { reader: operator, kind: 'chargeback', by: 'organization', id: PERIOD, format: 'csv' } as const;
    const all = (await fetch(wish)).text;
    expect(all).toContain(',acme,9.200000,');
    expect(all).toContain(',other,2.300000,');
    expect(all).toContain(',(idle),0.000400,');
    const margin = (await fetch({ reader: operator, kind: 'margin', id: PERIOD, format: 'csv' })).text;
    expect(margin).toContain('2026-01,false,owned,11.500000,0.000000,0.000000,0.000900,0.000400,11.499100');
  });

  it('of an open period are the same while they are read, and newer after', async () => {
    const { books, fetch } = await desk();
    const reader = { organizationId: 'other', roles: ['owner'] };
    const wish = { reader, organizationId: 'other', kind: 'focus', id: PERIOD, format: 'csv' } as const;
    const before = (await fetch(wish)).text;
    expect(before).not.toContain('INV-');
    const more = new Charging('other').charge({ quantity: GPU_HOUR });
    await books.record('billing.account-other', [{ type: 'billing.account.charge-posted', data: more }], 'other');
    expect((await fetch(wish)).text).toBe(before);
    books.clock.advance(120_001);
    expect((await fetch(wish)).text.length).toBeGreaterThan(before.length);
  });
});
