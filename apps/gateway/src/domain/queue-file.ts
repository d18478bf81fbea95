import { QUEUE_BUDGET_PERIODS, QUOTA_UNLIMITED, type QueueBudget, type QueueSpec, type Quota } from '@solyx/contracts';
import { FieldReader, isRecord, type Fault } from './field-reader';
import { nearest } from './nearest';
import { parseCpuMilli, parseMemoryMiB, parseMoneyMicro, show, type Parsed } from './units';

export type QueueFileResult =
  | { readonly ok: true; readonly queue: Omit<QueueSpec, 'queueId' | 'organizationId'> }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const FIELDS = { known: ['cohort', 'nominal', 'borrowing', 'lending', 'weight', 'priority', 'budgets'] } as const;
const QUOTA_FIELDS = { known: ['gpu', 'cpu', 'memory'] } as const;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const BUDGETS_MAX = 8;

export const isQueueName = (name: string): boolean => LABEL.test(name);

/** What a queue shall be, as JSON, normalised. With one fault there is no queue. Never throws, whatever the input. */
export function parseQueueFile(input: unknown): QueueFileResult {
  const reader = new FieldReader();
  if (!isRecord(input)) reader.fault('', `the queue is ${show(input)}`, 'Send an object: { "nominal": { "gpu": 8 } }.');
  const file = reader.section(isRecord(input) ? input : {}, '', FIELDS);
  const given = isRecord(input) ? input : {};
  const nominal = readQuota(reader, given, 'nominal');
  if (nominal === undefined && isRecord(input) && !reader.has('nominal')) {
    reader.fault('nominal', 'it is missing', 'Write nominal: { gpu: 8 }; what is left out of it is not limited.');
  }
  const borrowingLimit = readQuota(reader, given, 'borrowing');
  const lendingLimit = readQuota(reader, given, 'lending');
  const queue = {
    cohort: file.pattern('cohort', LABEL, 'Use lower-case letters, digits and dashes, at most 63.') ?? 'main',
    nominal: nominal ?? { gpuMilli: 0, cpuMilli: 0, memoryMiB: 0 },
    ...(borrowingLimit === undefined ? {} : { borrowingLimit }),
    ...(lendingLimit === undefined ? {} : { lendingLimit }),
    weight: file.whole('weight', 1, 10_000, 100),
    priority: file.whole('priority', 0, 100, 50),
    budgets: readBudgets(reader, file.list('budgets', BUDGETS_MAX) ?? []),
  };
  return reader.faults.length > 0 ? { ok: false, faults: reader.faults } : { ok: true, queue };
}

/** What is left out of a quota is not limited. */
function readQuota(reader: FieldReader, input: Record<string, unknown>, name: string): Quota | undefined {
  const value = Object.hasOwn(input, name) ? input[name] : undefined;
  if (value === undefined) return undefined;
  const section = reader.section(value, name, QUOTA_FIELDS);
  const gpuMilli = section.unit('gpu', parseGpuMilli);
  const cpuMilli = section.unit('cpu', parseCores);
  const memoryMiB = section.unit('memory', parseMemoryMiB);
  if (isRecord(value) && Object.keys(value).length === 0) {
    reader.fault(name, 'it is empty', `Write ${name}: { gpu: 8 }, or leave it out.`);
  }
  return {
    gpuMilli: gpuMilli ?? QUOTA_UNLIMITED,
    cpuMilli: cpuMilli ?? QUOTA_UNLIMITED,
    memoryMiB: memoryMiB ?? QUOTA_UNLIMITED,
  };
}

/** GPUs: `8`, `0.5`. Thousandths of a GPU. */
export function parseGpuMilli(value: unknown): Parsed<number> {
  const text = typeof value === 'number' ? String(value) : value;
  const match = typeof text === 'string' ? /^(\d{1,6})(?:\.(\d{1,3}))?$/.exec(text.trim()) : null;
  if (!match) return { ok: false, problem: `${show(value)} is not a number of GPUs`, hint: 'Write 8 or 0.5.' };
  return { ok: true, value: Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0')) };
}

/** Cores of a whole queue: as of a job, or up to a million. */
function parseCores(value: unknown): Parsed<number> {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && /^\d{5,7}$/.test(text.trim())) return { ok: true, value: Number(text) * 1000 };
  return parseCpuMilli(value);
}

function readBudgets(reader: FieldReader, items: readonly unknown[]): readonly QueueBudget[] {
  const budgets: QueueBudget[] = [];
  for (const [index, item] of items.entries()) {
    const parsed = parseQueueBudget(item);
    if (parsed.ok) budgets.push(parsed.value);
    else reader.fault(`budgets[${index}]`, parsed.problem, parsed.hint);
  }
  const kinds = budgets.map(({ period, microUsd }) => `${period}/${microUsd === undefined ? 'hours' : 'money'}`);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined) reader.fault('budgets', `two of them are per ${twice.split('/')[0] ?? ''}`, 'Keep one.');
  return budgets;
}

const BUDGET_HINT = 'Write "100 GPU-h/week" or "500.00 USD/month".';

/** `100 GPU-h/week`, `500.00 USD/month`, `2000 USD/total`. */
export function parseQueueBudget(value: unknown): Parsed<QueueBudget> {
  const bad = (problem: string, hint = BUDGET_HINT): Parsed<never> => ({ ok: false, problem, hint });
  const match = typeof value === 'string' ? /^(.{1,40}?)\/([a-z]{1,10})$/.exec(value.trim()) : null;
  if (!match) return bad(`${show(value)} is not a budget over time`);
  const [, amount = '', word = ''] = match;
  const period = QUEUE_BUDGET_PERIODS.find((one) => one === word);
  if (period === undefined) {
    const meant = nearest(word, QUEUE_BUDGET_PERIODS);
    const hint = meant === undefined ? `Choose from ${QUEUE_BUDGET_PERIODS.join(', ')}.` : `Did you mean ${meant}?`;
    return bad(`${show(word)} is not a period`, hint);
  }
  const hours = /^(\d{1,9})(?:\.(\d{1,3}))?\s*GPU-h$/i.exec(amount.trim());
  if (hours) {
    return {
      ok: true,
      value: { period, gpuMilliHours: Number(hours[1]) * 1000 + Number((hours[2] ?? '').padEnd(3, '0')) },
    };
  }
  const money = parseMoneyMicro(amount);
  return money.ok
    ? { ok: true, value: { period, microUsd: money.value } }
    : bad(`${show(amount)} is neither GPU-h nor USD`);
}
