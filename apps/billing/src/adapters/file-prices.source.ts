import { readFileSync } from 'node:fs';
import { eventRegistry, type PriceEntry } from '@solyx/contracts';
import { PriceListPublished } from '@solyx/contracts/billing';
import { SolyxError } from '@solyx/kernel';
import { PriceSource, type ConfiguredPrices } from '../application/price-source';
import { DEFAULT_PRICES } from '../domain/default-prices';

/** Early enough to rate whatever began before the first start. */
const EFFECTIVE_FROM = '2020-01-01T00:00:00.000Z';
const HINT = 'Correct the price file that SOLYX_BILLING_PRICES_FILE names and start again.';

interface PriceFile {
  readonly effectiveFrom?: string;
  readonly entries?: readonly PriceEntry[];
}

const fault = (path: string, problem: string, cause: unknown): SolyxError =>
  new SolyxError('InvalidArgument', `price file ${path}: ${problem}`, { path }, { hint: HINT, cause });

function parse(path: string): PriceFile {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as PriceFile;
  } catch (error) {
    throw fault(path, SolyxError.from(error).message, error);
  }
}

/** The prices of a JSON file `{ "effectiveFrom"?, "entries": [PriceEntry] }`. Throws InvalidArgument naming the fault. */
export function readPriceFile(path: string): ConfiguredPrices {
  const { effectiveFrom = EFFECTIVE_FROM, entries = [] } = parse(path);
  const prices = { currency: 'USD' as const, effectiveFrom, entries };
  try {
    // The file must be what could be recorded; so the event's own rules check it.
    eventRegistry.validate(PriceListPublished({ ...prices, priceListId: 'main', version: 1, at: EFFECTIVE_FROM }));
  } catch (error) {
    throw fault(path, SolyxError.from(error).message, error);
  }
  if (entries.length === 0) throw fault(path, 'entries must hold at least one price', undefined);
  return prices;
}

/** Prices that were read when the service started: a wrong file ends the start, not a bill. */
export class FilePricesSource extends PriceSource {
  private readonly prices: ConfiguredPrices;

  constructor(path: string | undefined) {
    super();
    this.prices =
      path === undefined
        ? { currency: 'USD', effectiveFrom: EFFECTIVE_FROM, entries: DEFAULT_PRICES }
        : readPriceFile(path);
  }

  override read(): Promise<ConfiguredPrices> {
    return Promise.resolve(this.prices);
  }
}
