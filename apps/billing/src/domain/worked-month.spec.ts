import { readFileSync } from 'node:fs';
import path from 'node:path';
import { formatMicro, type DomainEvent } from '@solyx/kernel';
import { METER_UNITS, type Commitment, type Meter, type UsageFact } from '@solyx/contracts';
import type { ChargePosted, PeriodClosed } from '@solyx/contracts/billing';
import { allocation, share } from '../test/fixtures';
import { book, entry, tier } from '../test/prices';
import { accountDecider, type AccountCommand } from './account';
import type { Prices } from './account-charge';
import { measureFact } from './measure';
import { DEFAULT_PRICES } from './default-prices';
import { meterDecider } from './meter';
import { amountOf } from './rating/amount';
import { DEFAULT_BOOK_ID, LIST_BOOK_ID, listBookOf } from './rating/default-book';
import { rateCards } from './rating/rate-card';
import { rateUsage } from './rating/rate-usage';
import { split } from './rating/split';

/** The month that docs/billing.md tells a finance reader, run: what is in its tables is what comes out here. */
const DOCUMENT = readFileSync(path.join(__dirname, '..', '..', '..', '..', 'docs', 'billing.md'), 'utf8');

const GPU_HOUR = METER_UNITS.gpu.perPrice;
const ORGANIZATION = 'acme';
const contract = book({
  priceBookId: 'acme-2026',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  entries: [
    entry({
      pricing: 'contract',
      product: 'H100',
      model: 'graduated',
      tiers: [tier(2_300_000, GPU_HOUR, Number(100n * GPU_HOUR)), tier(2_000_000, GPU_HOUR)],
    }),
    { ...entry({ pricing: 'contract', meter: 'token-input' }, 500_000), freeQuantity: '1000000' },
  ],
  bulkDiscounts: [
    { aboveMicroUsd: '300000000', discountBps: 500 },
    { aboveMicroUsd: '1000000000', discountBps: 1_000 },
  ],
});
const prices: Prices = {
  cardAt: rateCards({
    assignments: [{ priceBookId: 'acme-2026', effectiveFrom: '2026-01-01T00:00:00.000Z' }],
    books: new Map([
      ['acme-2026', [{ version: 1, book: contract }]],
      [LIST_BOOK_ID, [listBookOf({ version: 1, effectiveFrom: '2026-01-01T00:00:00.000Z', entries: DEFAULT_PRICES })]],
    ]),
    general: [DEFAULT_BOOK_ID, LIST_BOOK_ID],
    quotes: [],
  }),
  feeBpsAt: () => 300,
};

const commitment: Commitment = {
  ...{ commitmentId: 'cmt_march', organizationId: ORGANIZATION, project: 'vision', meter: 'gpu', source: 'owned' },
  ...{ simulated: false, product: 'H100', unitsPerMs: '2000' },
  from: '2026-03-10T00:00:00.000Z',
  to: '2026-03-20T00:00:00.000Z',
  terms: {
    ...{ priceBookId: 'acme-2026', priceBookVersion: 1, entryId: 'cmt_march', model: 'flat', unit: 'milli-gpu-ms' },
    ...{ tiers: [tier(1_600_000, GPU_HOUR)], markupBps: 0, discountBps: 0 },
  },
};

const used = (usageId: string, meter: Meter, quantity: bigint, change: Partial<UsageFact> = {}): UsageFact => ({
  ...{ usageId, resource: { kind: 'deployment', id: 'chat' }, meter, quantity: quantity.toString() },
  unit: METER_UNITS[meter].unit,
  ...{ from: '2026-03-12T00:00:00.000Z', to: '2026-03-16T00:00:00.000Z', source: 'owned', simulated: false },
  ...{ model: '', pricing: 'on-demand', quality: 'standard', project: 'vision' },
  ...change,
});

/** One account, and a meter for each day, told what the story tells. */
class Month {
  state = accountDecider.initial;
  readonly events: DomainEvent[] = [];
  private readonly meters = new Map<string, { state: typeof meterDecider.initial; revision: number }>();

  tell(command: AccountCommand): void {
    const decision = accountDecider.decide(command, this.state);
    if (!decision.accepted) throw new Error(`${command.type}: ${decision.reason} ${JSON.stringify(decision.details)}`);
    for (const event of decision.events) this.state = accountDecider.evolve(this.state, event);
    this.events.push(...decision.events);
  }

  hold(allocationId: string, gpuMilli: number, gpus: number, [from, to]: readonly [string, string]): void {
    const shares = Array.from({ length: gpus }, (_, rank) =>
      share({ rank, nodeId: `n${rank}`, gpuMilli, gpuModel: 'H100' }),
    );
    const held = allocation({
      ...{ allocationId, workloadId: `job_${allocationId}`, organizationId: ORGANIZATION, project: 'vision', shares },
      grantedAt: from,
    });
    this.tell({ type: 'OpenUsage', data: { allocation: held, eventId: 'granted', position: '1', at: from } });
    const release = { eventId: 'released', position: '2' };
    this.tell({ type: 'MeterUsage', data: { allocationId, until: to, release, sliceMs: 3_600_000, prices } });
  }

  report(...facts: readonly UsageFact[]): void {
    for (const fact of facts) {
      const day = fact.from.slice(0, 10).replaceAll('-', '');
      const meter = this.meters.get(day) ?? { state: meterDecider.initial, revision: 0 };
      const data = { organizationId: ORGANIZATION, meterId: 'm', eventId: 'reported', facts: [fact], at: fact.to };
      const decision = meterDecider.decide({ type: 'RecordUsage', data }, meter.state);
      if (!decision.accepted) throw new Error(decision.reason);
      for (const event of decision.events) {
        const stream = `billing.meter-${ORGANIZATION}.m.${day}`;
        const rating = { stream, revision: meter.revision, recorded: event.data, eventId: 'e', position: '3', prices };
        this.tell({ type: 'RateUsage', data: rating });
        meter.state = meterDecider.evolve(meter.state, event);
        meter.revision += 1;
      }
      this.meters.set(day, meter);
    }
  }

  close(period: string, at: string): void {
    this.tell({ type: 'ClosePeriod', data: { organizationId: ORGANIZATION, period, prices, at } });
  }

  get charges(): readonly ChargePosted['data'][] {
    return this.events
      .filter(({ type }) => type === 'billing.account.charge-posted')
      .map(({ data }) => data as ChargePosted['data']);
  }
}

function march(): Month {
  const month = new Month();
  const at = '2026-03-01T00:00:00.000Z';
  month.tell({ type: 'OpenAccount', data: { organizationId: ORGANIZATION, currency: 'USD', at } });
  month.tell({ type: 'SetProfile', data: { organizationId: ORGANIZATION, timeZone: 'Europe/Berlin', at } });
  month.tell({ type: 'AddCommitment', data: { organizationId: ORGANIZATION, commitment, at } });
  month.hold('train', 1_000, 4, ['2026-03-02T08:00:00.000Z', '2026-03-03T14:00:00.000Z']);
  const hour = ['2026-03-04T09:00:00.000Z', '2026-03-04T10:00:00.000Z'] as const;
  for (const quarter of ['q1', 'q2', 'q3', 'q4']) month.hold(quarter, 250, 1, hour);
  month.report(used('gpu', 'gpu', 288n * GPU_HOUR, { model: 'H100' }));
  const first = used('tokens-1', 'token-input', 12_000_000n, { model: 'llama' });
  const late = used('tokens-2', 'token-input', 345_678n, {
    model: 'llama',
    from: '2026-03-29T10:00:00.000Z',
    to: '2026-03-29T11:00:00.000Z',
  });
  month.report(late, first, first);
  month.report(used('egress', 'egress', 250n * 1_024n ** 3n));
  const whole = { from: '2026-02-28T23:00:00.000Z', to: '2026-03-31T22:00:00.000Z' };
  month.report(
    used('disk', 'storage', 500n * 1_024n * 743n * 3_600_000n, { ...whole, resource: { kind: 'volume', id: 'disk' } }),
  );
  const shared = { source: 'shared', model: 'RTX4090', providerId: 'gamer' } as const;
  month.report(used('shared', 'gpu', 10n * GPU_HOUR, shared));
  month.close('2026-03', '2026-04-03T22:00:00.000Z');
  return month;
}

/** The rows of a table of the document, by the words in its head. */
function tableOf(...head: readonly string[]): readonly (readonly string[])[] {
  const lines = DOCUMENT.split('\n');
  const begin = lines.findIndex((line) => head.every((word) => line.startsWith('|') && line.includes(word)));
  const rows: string[][] = [];
  for (const line of begin < 0 ? [] : lines.slice(begin + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}

const dollars = (micro: bigint): string => formatMicro(micro);
const amounts = (rows: ReadonlyMap<string, bigint>) => [...rows].map(([name, amount]) => [name, dollars(amount)]);

/** Amounts by what the lines are about, in the order of the story. */
function bySku(charges: readonly ChargePosted['data'][]): ReadonlyMap<string, bigint> {
  const rows = new Map<string, bigint>();
  for (const { skuId = '', amountMicroUsd } of charges.flatMap(({ lines }) => lines)) {
    rows.set(skuId, (rows.get(skuId) ?? 0n) + BigInt(amountMicroUsd));
  }
  return rows;
}

function byAccount(charges: readonly ChargePosted['data'][]): ReadonlyMap<string, bigint> {
  const rows = new Map<string, bigint>();
  for (const { account, amountMicroUsd } of charges.flatMap(({ postings }) => postings)) {
    rows.set(account, (rows.get(account) ?? 0n) + BigInt(amountMicroUsd));
  }
  return new Map([...rows].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('The month in docs/billing.md', () => {
  const month = march();
  const inMarch = month.charges.filter(({ period }) => period === '2026-03');
  const total = [...bySku(inMarch).values()].reduce((sum, amount) => sum + amount, 0n);

  it('has these lines, and this sum', () => {
    const rows = tableOf('SKU', 'USD').map(([sku = '', , , usd = '']) => [sku.replaceAll('`', ''), usd]);
    expect(rows).toEqual([...amounts(bySku(inMarch)), ['Sum', dollars(total)]]);
    const closed = month.events.find(({ type }) => type === 'billing.account.period-closed') as PeriodClosed;
    expect(closed.data).toMatchObject({
      ...{ totalMicroUsd: total.toString(), from: '2026-02-28T23:00:00.000Z', to: '2026-03-31T22:00:00.000Z' },
    });
  });

  it('is posted to these accounts, that sum to zero', () => {
    const rows = byAccount(inMarch);
    expect(tableOf('Account', 'Debit').map(([account = '', , usd]) => [account.replaceAll('`', ''), usd])).toEqual(
      amounts(rows),
    );
    expect([...rows.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(0n);
  });

  it('does not change for what comes after its close: that is a line of April, linked to the one of March', () => {
    const late = used('tokens-3', 'token-input', 1_000_000n, {
      ...{ model: 'llama', from: '2026-03-30T10:00:00.000Z', to: '2026-03-30T11:00:00.000Z' },
    });
    month.report(late);
    const [correction] = month.charges.filter(({ period }) => period === '2026-04');
    expect(correction).toMatchObject({ correctsPeriod: '2026-03', totalMicroUsd: '500000' });
    const key = inMarch.flatMap(({ lines }) => lines).find(({ skuId }) => skuId?.startsWith('token-input'))?.lineKey;
    expect(correction?.lines[0]?.correctsLineKey).toBe(key);
    expect(DOCUMENT).toContain('0.500000');
  });

  it('is shared out among teams to the last micro-dollar', () => {
    const rows = tableOf('Team', 'Part').map(([, , usd]) => usd);
    expect(rows).toEqual(split(bySku(inMarch).get('gpu/owned/H100/contract/standard')!, [3n, 2n, 2n]).map(dollars));
  });

  it('would have cost as much by the list, without contract, as it says', () => {
    const card = rateCards({
      ...{ assignments: [], general: [LIST_BOOK_ID], quotes: [] },
      books: new Map([[LIST_BOOK_ID, [listBookOf({ version: 1, effectiveFrom: '', entries: DEFAULT_PRICES })]]]),
    })('2026-03-12T00:00:00.000Z');
    const { usage } = measureFact(used('x', 'token-input', 12_345_678n));
    const rating = rateUsage(usage, card);
    const list = rating.rated ? amountOf(rating.usage.terms, usage.quantity) : 0n;
    expect(DOCUMENT).toContain(`${dollars(list)} by the list`);
  });
});
