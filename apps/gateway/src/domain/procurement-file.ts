import { DEPRECIATION_METHODS, type Procurement } from '@solyx/contracts';
import { FieldReader, isRecord, type Fault, type Section } from './field-reader';
import { parseMoneyMicro, parseWhen, show, type Parsed } from './units';

export type ProcurementFileResult =
  { readonly ok: true; readonly procurement: Procurement } | { readonly ok: false; readonly faults: readonly Fault[] };

const FIELDS = {
  known: ['price', 'purchased', 'months', 'method', 'salvage', 'gpu_hours', 'idle_watts', 'max_watts', 'energy'],
} as const;
const MISSING = {
  price: 'Write price: "250000.00 USD", for the whole node.',
  purchased: 'Write purchased: 2026-01-31.',
  months: 'Write months: 48.',
} as const;
const GPU_HOURS_MAX = 100_000_000;

/** A day, or an instant with its zone. */
const parseDay = (value: unknown): Parsed<string> => {
  const day = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value.trim()) ? `${value.trim()}T00:00Z` : value;
  const parsed = parseWhen(day);
  return parsed.ok ? parsed : { ok: false, problem: `${show(value)} is not a day`, hint: 'Write 2026-01-31.' };
};

/** What an owned node was bought for, as JSON, normalised. Never throws, whatever the input. */
export function parseProcurementFile(input: unknown): ProcurementFileResult {
  const reader = new FieldReader();
  const given = isRecord(input) ? input : {};
  if (!isRecord(input)) reader.fault('', `the procurement is ${show(input)}`, MISSING.price);
  const file = reader.section(given, '', FIELDS);
  const price = file.unit('price', (value) => parseMoneyMicro(value));
  const purchased = file.unit('purchased', parseDay);
  const salvage = file.unit('salvage', (value) => parseMoneyMicro(value));
  const energy = file.unit('energy', (value) => parseMoneyMicro(value, '/kWh'));
  for (const [name, hint] of Object.entries(MISSING)) {
    if (given[name] === undefined && isRecord(input)) reader.fault(name, 'it is missing', hint);
  }
  const watts = readWatts(reader, file);
  checkSalvage(reader, price, salvage);
  const method = file.oneOf('method', DEPRECIATION_METHODS, 'straight-line');
  const months = file.whole('months', 1, 600, 48);
  const hours = given['gpu_hours'] === undefined ? undefined : file.whole('gpu_hours', 1, GPU_HOURS_MAX, 100_000);
  if (reader.faults.length > 0 || price === undefined || purchased === undefined) {
    return { ok: false, faults: reader.faults };
  }
  return {
    ok: true,
    procurement: {
      ...{ purchaseMicroUsd: price, purchasedAt: purchased, lifetimeMonths: months, method, ...watts },
      ...(salvage === undefined ? {} : { salvageMicroUsd: salvage }),
      ...(hours === undefined ? {} : { lifetimeGpuHours: hours }),
      ...(energy === undefined ? {} : { energyMicroUsdPerKwh: energy }),
    },
  };
}

function readWatts(reader: FieldReader, file: Section): Pick<Procurement, 'idleWatts' | 'maxWatts'> {
  const idleWatts = file.whole('idle_watts', 0, 1_000_000, 0);
  const maxWatts = file.whole('max_watts', 0, 1_000_000, idleWatts);
  if (maxWatts < idleWatts) reader.fault('max_watts', 'it is less than idle_watts', 'Swap them.');
  return { idleWatts, maxWatts };
}

function checkSalvage(reader: FieldReader, price: string | undefined, salvage: string | undefined): void {
  if (price === undefined || salvage === undefined || BigInt(salvage) <= BigInt(price)) return;
  reader.fault('salvage', 'it is more than the price', 'Write what it is still worth at the end of its life.');
}
