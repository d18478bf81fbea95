import { canonicalJson } from '@solyx/kernel';
import type { InvoiceLine, Party } from '@solyx/contracts';
import type { CreditNoteContent, InvoiceContent } from '../domain/invoicing/invoice-content';
import { shownQuantity, shownUnit } from '../domain/invoicing/units';
import { ACCENT, GREY, INK, LEFT, Paper, RIGHT, WARNING } from './paper';
import { day, minute, money } from './text';

/** Above this the lines of a project and a kind are printed as one; JSON and CSV hold each. */
export const PRINTED_LINES_MAX = 600;
const ATTACHED_BYTES_MAX = 1024 * 1024;
const QUANTITY_END = RIGHT - 150;
const UNIT_START = RIGHT - 144;
const MIDDLE = 320;

/** What both kinds of documents print. */
export interface Headed {
  readonly title: string;
  readonly number: string;
  readonly simulated: boolean;
  readonly issuer: Party;
  readonly billTo: Party;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly contentHash: string;
}

/** A row of the table of lines. */
export interface PrintedLine {
  readonly project: string;
  readonly description: string;
  readonly detail: string;
  readonly quantity: string;
  readonly unit: string;
  readonly amount: bigint;
}

/** Prints who it is, and answers where that ends. */
function printParty(
  paper: Paper,
  title: string,
  who: Party,
  { x, y }: { readonly x: number; readonly y: number },
): number {
  const { name, address, country, taxId, registration, email } = who;
  paper.text(x, y, title.toUpperCase(), { size: 7, bold: true, color: GREY });
  paper.text(x, y + 12, name, { size: 10, bold: true, width: 220 });
  const rest = [...address, country, taxId && `Tax ID ${taxId}`, registration, email];
  let at = y + 26;
  for (const line of rest) {
    if (line === undefined || line === '') continue;
    paper.text(x, at, line, { color: GREY, width: 220 });
    at += 12;
  }
  return at;
}

export function printHead(paper: Paper, { title, number, issuer, billTo, facts, simulated }: Headed): void {
  const { y } = paper;
  paper.text(LEFT, y, issuer.name, { size: 17, bold: true, color: simulated ? WARNING : ACCENT, width: 260 });
  paper.textRight(RIGHT, y, title, { size: 17, bold: true });
  paper.textRight(RIGHT, y + 22, number, { size: 11, color: GREY });
  const left = printParty(paper, 'Bill to', billTo, { x: LEFT, y: y + 54 });
  const right = printParty(paper, 'From', issuer, { x: MIDDLE, y: y + 54 });
  paper.y = Math.max(left, right) + 14;
  paper.rule();
  paper.y += 10;
  const column = (RIGHT - LEFT) / 4;
  facts.forEach(([name, value], index) => {
    const x = LEFT + (index % 4) * column;
    const at = paper.y + Math.floor(index / 4) * 30;
    paper.text(x, at, name.toUpperCase(), { size: 7, bold: true, color: GREY });
    paper.text(x, at + 11, value, { width: column - 8 });
  });
  paper.y += Math.ceil(facts.length / 4) * 30 + 6;
}

/** The sum that matters, where the eye falls first. */
export function printSum(paper: Paper, label: string, amount: string, note: string): void {
  paper.band(44, '#eef3f9');
  paper.text(LEFT + 12, paper.y + 9, label.toUpperCase(), { size: 7.5, bold: true, color: GREY });
  paper.text(LEFT + 12, paper.y + 21, note, { color: GREY, width: 280 });
  paper.textRight(RIGHT - 12, paper.y + 13, amount, { size: 18, bold: true });
  paper.y += 60;
}

function tableHead(paper: Paper): void {
  const style = { size: 7, bold: true, color: GREY };
  paper.text(LEFT, paper.y, 'DESCRIPTION', style);
  paper.textRight(QUANTITY_END, paper.y, 'QUANTITY', style);
  paper.text(UNIT_START, paper.y, 'UNIT', style);
  paper.textRight(RIGHT, paper.y, 'AMOUNT, USD', style);
  paper.y += 11;
  paper.rule(INK, 0.8);
  paper.y += 6;
}

export function printLines(paper: Paper, lines: readonly PrintedLine[]): void {
  paper.room(60);
  tableHead(paper);
  let project: string | undefined;
  for (const line of lines) {
    const first = line.project !== project;
    paper.room(first ? 44 : 28, () => tableHead(paper));
    if (first) {
      project = line.project;
      const sum = lines.reduce((total, { project: of, amount }) => (of === line.project ? total + amount : total), 0n);
      paper.text(LEFT, paper.y, `Project ${line.project}`, { bold: true, width: 300 });
      paper.textRight(RIGHT, paper.y, money(sum), { bold: true });
      paper.y += 15;
    }
    paper.text(LEFT + 8, paper.y, line.description, { width: QUANTITY_END - LEFT - 72 });
    paper.textRight(QUANTITY_END, paper.y, line.quantity);
    paper.text(UNIT_START, paper.y, line.unit, { color: GREY, width: 72 });
    paper.textRight(RIGHT, paper.y, money(line.amount));
    paper.text(LEFT + 8, paper.y + 11, line.detail, { size: 7.5, color: GREY, width: RIGHT - LEFT - 20 });
    paper.y += 25;
  }
  paper.rule();
  paper.y += 8;
}

export function printTotals(
  paper: Paper,
  totals: readonly (readonly [name: string, amount: bigint, strong?: boolean])[],
): void {
  paper.room(totals.length * 15 + 10);
  for (const [name, amount, strong = false] of totals) {
    paper.text(MIDDLE, paper.y, name, { bold: strong, width: 150 });
    paper.textRight(RIGHT, paper.y, money(amount), { bold: strong });
    paper.y += 15;
  }
  paper.y += 6;
}

export function printProof(paper: Paper, facts: readonly (readonly [string, string])[]): void {
  paper.room(facts.length * 11 + 30);
  paper.text(LEFT, paper.y, 'CHECK IT', { size: 7, bold: true, color: GREY });
  paper.y += 12;
  for (const [name, value] of facts) {
    paper.text(LEFT, paper.y, name, { size: 7.5, color: GREY });
    paper.text(LEFT + 90, paper.y, value, { size: 7.5, color: GREY, width: RIGHT - LEFT - 90 });
    paper.y += 11;
  }
}

const printed = (line: InvoiceLine): PrintedLine => {
  const unit = shownUnit(line);
  return {
    project: line.project,
    description: line.description,
    detail: [`${day(line.from)} to ${day(line.to)}`, line.priceText, line.skuId]
      .filter((part) => part !== '')
      .join('  ·  '),
    quantity: shownQuantity(BigInt(line.quantity), unit),
    unit: unit.priced,
    amount: BigInt(line.amountMicroUsd),
  };
};

/** Each line, or where there are too many of them to read, their sums. */
function printedLines(lines: readonly InvoiceLine[]): readonly PrintedLine[] {
  if (lines.length <= PRINTED_LINES_MAX) return lines.map(printed);
  const groups = new Map<string, { readonly project: string; readonly what: string; amount: bigint; count: number }>();
  for (const { project, kind, source, amountMicroUsd } of lines) {
    const key = `${project}\u0000${kind}\u0000${source}`;
    const group = groups.get(key) ?? { project, what: `${kind}, ${source}`, amount: 0n, count: 0 };
    group.amount += BigInt(amountMicroUsd);
    group.count += 1;
    groups.set(key, group);
  }
  return [...groups.values()].map(({ project, what, amount, count }) => {
    const detail = 'Each line is in the JSON and CSV of this invoice.';
    return { project, description: what, detail, quantity: String(count), unit: 'lines', amount };
  });
}

function totalsOf(invoice: InvoiceContent): readonly (readonly [string, bigint, boolean?])[] {
  return [
    ['Subtotal', BigInt(invoice.subtotalMicroUsd)],
    ...invoice.taxes.map(({ name, amountMicroUsd }) => [name, BigInt(amountMicroUsd)] as const),
    ...invoice.credits.map(({ description, amountMicroUsd }) => [description, -BigInt(amountMicroUsd)] as const),
    [BigInt(invoice.totalMicroUsd) < 0n ? 'In your favour' : 'Total', BigInt(invoice.totalMicroUsd), true],
  ];
}

/** The invoice as a PDF. A pure function: the same content gives the same bytes, on every machine and at any time. */
export function invoicePdf(invoice: InvoiceContent, contentHash: string): Buffer {
  const { number, simulated, issuer, billTo, period, issuedAt, dueAt, costCentre, source } = invoice;
  const title = simulated ? 'SIMULATED INVOICE' : 'INVOICE';
  const foot = `${simulated ? 'SIMULATED  ·  ' : ''}${issuer.name}  ·  ${number}  ·  ${contentHash.slice(0, 16)}`;
  const subject = `${invoice.organizationId} ${period.id}`;
  const paper = new Paper({ title: `${title} ${number}`, author: issuer.name, subject, at: issuedAt, foot, simulated });
  const facts: [string, string][] = [
    ['Issued', day(issuedAt)],
    ['Due', day(dueAt)],
    ['Period', period.id],
    ['Time zone', period.zone],
    ['From', minute(period.from)],
    ['To', minute(period.to)],
    ['Account', invoice.organizationId],
    ['Cost centre', costCentre === '' ? '–' : costCentre],
  ];
  printHead(paper, { title, number, simulated, issuer, billTo, facts, contentHash });
  const total = BigInt(invoice.totalMicroUsd);
  const due = total > 0n ? `Due ${day(dueAt)}` : 'Nothing is due.';
  printSum(paper, simulated ? 'Simulated total' : 'Total', `${money(total)} ${invoice.currency}`, due);
  printLines(paper, printedLines(invoice.lines));
  printTotals(paper, totalsOf(invoice));
  paper.paragraph(LEFT, invoice.taxStatement, { color: GREY, width: RIGHT - LEFT });
  paper.y += 8;
  printProof(paper, [
    ['Content', contentHash],
    ['Lines', invoice.linesHash],
    ['Recorded', `${source.charges} charges in ${source.stream}, closed at revision ${source.revision}`],
    ['Offline', `solyx invoice verify ${number}.proof.json`],
  ]);
  attachContent(paper, number, invoice);
  return paper.finish();
}

function attachContent(paper: Paper, number: string, content: InvoiceContent | CreditNoteContent): void {
  const json = Buffer.from(canonicalJson(content));
  if (json.length <= ATTACHED_BYTES_MAX) paper.attach(`${number}.json`, json, 'This document, for machines.');
}

export function creditNotePdf(note: CreditNoteContent, contentHash: string): Buffer {
  const { number, simulated, issuer, billTo, invoice, issuedAt } = note;
  const title = simulated ? 'SIMULATED CREDIT NOTE' : 'CREDIT NOTE';
  const foot = `${simulated ? 'SIMULATED  ·  ' : ''}${issuer.name}  ·  ${number}  ·  ${contentHash.slice(0, 16)}`;
  const subject = `${note.organizationId} ${invoice.number}`;
  const paper = new Paper({ title: `${title} ${number}`, author: issuer.name, subject, at: issuedAt, foot, simulated });
  const facts: [string, string][] = [
    ['Issued', day(issuedAt)],
    ['Corrects invoice', invoice.number],
    ['Period', invoice.period],
    ['Account', note.organizationId],
  ];
  printHead(paper, { title, number, simulated, issuer, billTo, facts, contentHash });
  printSum(paper, 'Given back', `${money(note.totalMicroUsd)} ${note.currency}`, note.note);
  printLines(
    paper,
    note.lines.map(({ project, description, kind, source, amountMicroUsd }) => ({
      project,
      description,
      detail: `${kind}, ${source}`,
      quantity: '',
      unit: '',
      amount: BigInt(amountMicroUsd),
    })),
  );
  printTotals(paper, [
    ['Subtotal', BigInt(note.subtotalMicroUsd)],
    ...note.taxes.map(({ name, amountMicroUsd }) => [name, BigInt(amountMicroUsd)] as const),
    ['Total', BigInt(note.totalMicroUsd), true],
  ]);
  paper.paragraph(LEFT, note.taxStatement, { color: GREY, width: RIGHT - LEFT });
  paper.y += 8;
  printProof(paper, [['Content', contentHash]]);
  attachContent(paper, number, note);
  return paper.finish();
}
