import { Injectable } from '@nestjs/common';
import { MONTH, type DocumentRequest } from '@solyx/contracts';
import type { InvoiceFinalised } from '@solyx/contracts/billing';
import { Streams, Views } from '@solyx/eventing';
import { anchor, canonicalJson, SolyxError } from '@solyx/kernel';
import { CONTENT_TYPES, fileName, type RenderedDocument } from '../../documents/document';
import {
  chargeback,
  chargebackCsv,
  chargebackJson,
  chargebackOf,
  IDLE,
  type Chargeback,
} from '../../documents/chargeback';
import { focusCsv } from '../../documents/focus/focus-csv';
import { focusParquet } from '../../documents/focus/focus-parquet';
import { documentRow, FocusRows, type FocusHeader, type FocusRow } from '../../documents/focus/focus-row';
import { invoiceCsv } from '../../documents/invoice-csv';
import { creditNotePdf, invoicePdf } from '../../documents/invoice-pdf';
import { marginCsv, marginJson, type Margin } from '../../documents/margin';
import { pause } from '../../documents/pause';
import { creditNoteDecider } from '../../domain/invoicing/credit-note';
import { invoiceDecider } from '../../domain/invoicing/invoice';
import { creditNoteContent, invoiceContent } from '../../domain/invoicing/invoice-content';
import { CustomerDirectory } from '../invoicing/ports';
import { invoiceView } from '../invoicing/invoice.projection';
import { InvoiceProofs } from '../proof/invoice-proofs';
import { periodMarginView } from './period-margin.projection';
import { PeriodCharges, type ChargedPeriod, type PeriodAsked } from './period-charges';

export interface Printed {
  readonly document: RenderedDocument;
  /** The same bytes for ever. */
  readonly final: boolean;
}

const CHARGES_AT_ONCE = 5_000;
const PAGE = 500;
const PAGES_MAX = 200;
const SIMULATED = '.simulated';

const unknown = (request: DocumentRequest): SolyxError =>
  new SolyxError(
    'NotFound',
    `there is no ${request.kind} ${request.id}`,
    { id: request.id },
    { reason: 'DocumentUnknown' },
  );

const noSuchFormat = ({ kind, format }: DocumentRequest): SolyxError =>
  new SolyxError('InvalidArgument', `a ${kind} is not made as ${format}`, { kind, format });

/** `2026-01`, or `2026-01.simulated` for what was rehearsed. */
function periodAsked({ id, organizationId }: DocumentRequest): PeriodAsked {
  const simulated = id.endsWith(SIMULATED);
  const period = simulated ? id.slice(0, -SIMULATED.length) : id;
  if (MONTH.test(period)) return { organizationId, period, simulated };
  throw new SolyxError('InvalidArgument', `${id} is no month: 2026-01, or 2026-01.simulated`, { id });
}

/** Gathers what a document says, and has it rendered. */
@Injectable()
export class DocumentPress {
  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly periods: PeriodCharges,
    private readonly customers: CustomerDirectory,
    private readonly proofs: InvoiceProofs,
  ) {}

  async print(request: DocumentRequest): Promise<Printed> {
    switch (request.kind) {
      case 'invoice':
        return { document: await this.invoice(request), final: true };
      case 'credit-note':
        return { document: await this.creditNote(request), final: true };
      case 'focus':
        return this.focus(request);
      case 'chargeback':
        return this.chargeback(request);
      case 'margin':
        return { document: await this.margin(request), final: false };
    }
  }

  private async invoice(request: DocumentRequest): Promise<RenderedDocument> {
    const { state } = await this.streams.load(invoiceDecider, request.id);
    const { draft, issued, lines } = state;
    // Another organization's document does not exist for who may not read it.
    if (!draft || draft.organizationId !== request.organizationId) throw unknown(request);
    if (!issued) {
      throw new SolyxError(
        'FailedPrecondition',
        `${request.id} is not issued yet`,
        { id: request.id },
        { reason: 'InvoiceNotIssued' },
      );
    }
    const content = invoiceContent(draft, lines, issued);
    const { number } = issued;
    const { contentHash } = issued;
    switch (request.format) {
      case 'pdf':
        return named(number, 'pdf', invoicePdf(content, contentHash));
      case 'json':
        return named(number, 'json', Buffer.from(canonicalJson({ ...content, contentHash })));
      case 'csv':
        return named(number, 'csv', invoiceCsv(content));
      case 'proof':
        return named(`${number}.proof`, 'proof', Buffer.from(await this.proofs.proofOf(request.id)));
      default:
        throw noSuchFormat(request);
    }
  }

  private async creditNote(request: DocumentRequest): Promise<RenderedDocument> {
    const { issued } = (await this.streams.load(creditNoteDecider, request.id)).state;
    if (!issued || issued.organizationId !== request.organizationId) throw unknown(request);
    const content = creditNoteContent(issued);
    const { contentHash } = issued;
    if (request.format === 'pdf') return named(issued.number, 'pdf', creditNotePdf(content, contentHash));
    if (request.format !== 'json') throw noSuchFormat(request);
    return named(issued.number, 'json', Buffer.from(canonicalJson({ ...content, contentHash })));
  }

  private async focus(request: DocumentRequest): Promise<Printed> {
    const asked = periodAsked(request);
    const charged = await this.periods.of(asked);
    const header = await this.headerOf(asked, charged);
    const rows = await focusRowsOf(charged, asked.simulated, header);
    const stem = `focus-${request.organizationId}-${request.id}`;
    const final = charged.invoice.issued !== undefined;
    if (request.format === 'csv') return { document: named(stem, 'csv', await focusCsv(rows, header)), final };
    if (request.format !== 'parquet') throw noSuchFormat(request);
    return { document: named(stem, 'parquet', await focusParquet(rows, header)), final };
  }

  private async headerOf({ organizationId }: PeriodAsked, { invoice, from, to }: ChargedPeriod): Promise<FocusHeader> {
    const { draft, issued } = invoice;
    const billTo = draft?.billTo ?? (await this.customers.partyOf(organizationId, undefined));
    return {
      organizationId,
      organizationName: billTo.name,
      periodStart: from,
      periodEnd: to,
      currency: 'USD',
      invoiceId: issued?.number,
      issuer: issued?.issuer.name ?? 'Solyx',
    };
  }

  private async chargeback(request: DocumentRequest): Promise<Printed> {
    const asked = periodAsked(request);
    const wish = { ...asked, by: request.by ?? ('project' as const), label: request.label ?? '' };
    if (wish.by === 'label' && wish.label === '') {
      throw new SolyxError('InvalidArgument', 'chargeback by label needs the name of one', { field: 'label' });
    }
    const { made, final } =
      wish.by === 'organization'
        ? { made: chargeback(wish, await this.byOrganization(asked)), final: false }
        : await this.ofOne(wish);
    const stem = `chargeback-${wish.by}-${request.organizationId}-${request.id}`;
    if (request.format === 'csv') return { document: named(stem, 'csv', chargebackCsv(made)), final };
    if (request.format !== 'json') throw noSuchFormat(request);
    return { document: named(stem, 'json', chargebackJson(made)), final };
  }

  private async ofOne(
    wish: Parameters<typeof chargebackOf>[1],
  ): Promise<{ readonly made: Chargeback; readonly final: boolean }> {
    const { charges, closed } = await this.periods.of(wish);
    return { made: chargebackOf(charges, wish), final: closed };
  }

  /** What each organization was charged, and beside it what capacity cost that nobody used. */
  private async byOrganization({ period, simulated }: PeriodAsked): Promise<ReadonlyMap<string, bigint>> {
    const sums = new Map<string, bigint>();
    let after: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = { first: PAGE, where: { period, simulated }, ...(after === undefined ? {} : { after }) };
      const { rows, hasNext } = await this.views.list(invoiceView, query);
      for (const { row } of rows) sums.set(row.organizationId, BigInt(row.subtotalMicroUsd));
      after = rows[rows.length - 1]?.cursor;
      if (!hasNext || after === undefined) break;
    }
    const idle = (await this.margins(period, simulated)).reduce((sum, row) => sum + BigInt(row.idleMicroUsd), 0n);
    if (idle !== 0n) sums.set(IDLE, idle);
    return sums;
  }

  private async margins(period: string, simulated: boolean): Promise<readonly Margin[]> {
    const { rows } = await this.views.list(periodMarginView, { first: PAGE, where: { period, simulated } });
    return rows.map(({ row }) => row);
  }

  private async margin(request: DocumentRequest): Promise<RenderedDocument> {
    const { period, simulated } = periodAsked(request);
    const rows = await this.margins(period, simulated);
    if (request.format === 'csv') return named(`margin-${request.id}`, 'csv', marginCsv(rows));
    if (request.format !== 'json') throw noSuchFormat(request);
    return named(`margin-${request.id}`, 'json', marginJson(period, rows));
  }
}

function named(stem: string, format: DocumentRequest['format'], bytes: Buffer): RenderedDocument {
  const extension = format === 'proof' ? 'json' : format;
  return { fileName: fileName(stem, extension), contentType: CONTENT_TYPES[format], bytes };
}

/** A row for each line that was charged, and one for each tax and credit of the issued invoice. */
export async function focusRowsOf(
  charged: ChargedPeriod,
  simulated: boolean,
  header: FocusHeader,
): Promise<readonly FocusRow[]> {
  const rows = new FocusRows();
  const made: FocusRow[] = [];
  for (const [index, charge] of charged.charges.entries()) {
    for (const line of charge.lines) if (line.simulated === simulated) made.push(rows.rowOf(line, charge));
    if (index % CHARGES_AT_ONCE === CHARGES_AT_ONCE - 1) await pause();
  }
  return [...made, ...documentRowsOf(charged.invoice.issued, header)];
}

function documentRowsOf(issued: InvoiceFinalised['data'] | undefined, header: FocusHeader): readonly FocusRow[] {
  if (!issued) return [];
  const id = (index: number, what: string): string => anchor([issued.number, what, index]).slice(0, 32);
  return [
    ...issued.taxes.map(({ name, amountMicroUsd }, index) =>
      documentRow('Tax', { description: name, amount: BigInt(amountMicroUsd), id: id(index, 'tax') }, header),
    ),
    ...issued.credits.map(({ description, amountMicroUsd }, index) =>
      documentRow('Credit', { description, amount: -BigInt(amountMicroUsd), id: id(index, 'credit') }, header),
    ),
  ];
}
