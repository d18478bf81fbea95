/**
 * What documents cost: CPU of an invoice of 60 lines as PDF beside an empty page of the bare library, and rows a second of
 * FOCUS 1.3 as CSV and as Parquet beside bare concatenation of as many bytes and the bare library on as many cells.
 */
import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import { parquetWriteBuffer } from 'hyparquet-writer';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { anchor } = require('@solyx/kernel');
const { LineSheet } = require('../dist/index.js');
const { invoicePdf } = require('../dist/documents/invoice-pdf.js');
const { focusCsv } = require('../dist/documents/focus/focus-csv.js');
const { focusParquet } = require('../dist/documents/focus/focus-parquet.js');
const { FOCUS_COLUMNS } = require('../dist/documents/focus/focus-columns.js');
const { faultsOfFocus } = require('../dist/documents/focus/focus-check.js');
const { FocusRows } = require('../dist/documents/focus/focus-row.js');
const { chargesOf, PERIOD } = require('./months.cjs');

const LINES = 60;
const PDFS = 60;
const ROWS = Number(process.env.SOLYX_BENCH_ROWS ?? '100000');
const TRIES = 3;
const report = (figure) => console.log(`BENCH ${JSON.stringify(figure)}`);
const AT = '2026-02-04T00:00:00.000Z';

/** Milliseconds of CPU of one call, after a warm-up. */
function cpuOf(work, times) {
  for (let index = 0; index < times / 4; index += 1) work();
  const begun = process.cpuUsage();
  for (let index = 0; index < times; index += 1) work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000 / times;
}

/** The fastest of some tries: rows a second. */
async function perSecond(work, rows) {
  let best = 0;
  for (let index = 0; index < TRIES; index += 1) {
    const begun = performance.now();
    await work();
    best = Math.max(best, (rows * 1_000) / (performance.now() - begun));
  }
  return best;
}

const sheet = new LineSheet(false);
for (const charge of chargesOf('acme', 500, 1)) sheet.add(charge);
const base = sheet.lines();
const lines = Array.from({ length: LINES }, (_, index) => ({ ...base[index % base.length], lineKey: `k${index}` }));
const subtotal = String(lines.reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n));
const invoice = {
  ...{ form: 'solyx.invoice/1', invoiceId: `acme.${PERIOD}`, number: 'INV-000042', simulated: false, currency: 'USD' },
  ...{ organizationId: 'acme', legalEntityId: 'main', costCentre: 'CC-42', issuedAt: AT, dueAt: AT, lines },
  period: { id: PERIOD, zone: 'Europe/Berlin', from: '2025-12-31T23:00:00.000Z', to: '2026-01-31T23:00:00.000Z' },
  issuer: { name: 'Solyx GmbH', address: ['Street 1', '10115 Berlin'], country: 'DE' },
  billTo: { name: 'ACME Research', address: ['1 Main Street'] },
  ...{ linesHash: anchor(lines), taxes: [], taxStatement: 'No tax was calculated on this document.', credits: [] },
  ...{ subtotalMicroUsd: subtotal, taxMicroUsd: '0', creditMicroUsd: '0', totalMicroUsd: subtotal },
  source: { stream: 'billing.account-acme', revision: '9', closedBy: 'event', charges: 500 },
};
const hash = anchor(invoice);

function emptyPage() {
  const pdf = new PDFDocument({ size: 'A4', compress: false });
  pdf.font('Helvetica').text('Invoice', 50, 50, { lineBreak: false });
  pdf.end();
  return pdf.read();
}

const first = invoicePdf(invoice, hash);
if (!first.equals(invoicePdf(invoice, hash))) throw new Error('a PDF is not the same the second time');
report({
  name: `invoice of ${LINES} lines as PDF`,
  value: cpuOf(() => invoicePdf(invoice, hash), PDFS),
  unit: 'ms CPU',
  atMost: 25,
  peer: { name: 'a page with one word, bare library', value: cpuOf(emptyPage, PDFS) },
});

const charges = chargesOf('acme', ROWS, 1);
const header = {
  ...{ organizationId: 'acme', organizationName: 'ACME', periodStart: '2026-01-01T00:00:00.000Z', currency: 'USD' },
  ...{ periodEnd: '2026-02-01T00:00:00.000Z', invoiceId: 'INV-000042', issuer: 'Solyx GmbH' },
};
const rowsOf = () => {
  const rows = new FocusRows();
  return charges.flatMap((charge) => charge.lines.map((line) => rows.rowOf(line, charge)));
};
const rows = rowsOf();
const payable = charges.reduce((sum, { totalMicroUsd }) => sum + BigInt(totalMicroUsd), 0n);
const faults = faultsOfFocus(rows, header, payable);
if (faults.length > 0) throw new Error(faults[0]);

const csv = await focusCsv(rows, header);
const piece = 'x'.repeat(Math.floor(csv.length / ROWS));
report({
  name: 'FOCUS 1.3 rows as CSV, from charges',
  value: await perSecond(() => focusCsv(rowsOf(), header), ROWS),
  unit: '1/s',
  atLeast: 100_000,
  peer: {
    name: 'as many bytes, put together',
    value: await perSecond(() => Buffer.from(Array.from({ length: ROWS }, () => piece).join('')), ROWS),
  },
});

const same = Array.from({ length: ROWS }, () => 'Solyx');
report({
  name: 'FOCUS 1.3 rows as Parquet, from charges',
  value: await perSecond(() => focusParquet(rowsOf(), header), ROWS),
  unit: '1/s',
  atLeast: 100_000,
  peer: {
    name: `${FOCUS_COLUMNS.length} columns of one word, bare library`,
    value: await perSecond(
      () =>
        parquetWriteBuffer({
          columnData: FOCUS_COLUMNS.map(({ id }) => ({ name: id, data: same, type: 'STRING' })),
          statistics: false,
        }),
      ROWS,
    ),
  },
});
