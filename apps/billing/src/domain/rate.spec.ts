import fc from 'fast-check';
import type { Allocation } from '@solyx/contracts';
import { allocation, allocationArb, billByHand, iso, LIST, share, sum, T0, transfer } from '../test/fixtures';
import { LINES_MAX, rate, type Rating } from './rate';

const HOUR = 3_600_000;
const evidence = { eventIds: ['e1', 'e2'], positions: ['10', '20'] };
const rated = (held: Allocation, releasedAt: string, list = LIST): Extract<Rating, { rated: true }> => {
  const rating = rate({ allocation: held, releasedAt, ...evidence }, list);
  if (!rating.rated) throw new Error(JSON.stringify(rating.missing));
  return rating;
};
const total = (held: Allocation, releasedAt: string): bigint => rated(held, releasedAt).totalMicroUsd;
const endArb = fc.integer({ min: 0, max: 40 * HOUR });

describe('A bill', () => {
  it('says what was held, for how long, at which rate, and which events prove it', () => {
    const held = allocation({ shares: [share({ gpuMilli: 250, cpuMilli: 2_000, memoryMiB: 4_096 })] });
    const { lines } = rated(held, iso(T0 + HOUR));
    expect(lines).toEqual([
      {
        kind: 'gpu',
        description: '0.25 × H100 GPU (owned)',
        source: 'owned',
        simulated: false,
        nodeId: 'n1',
        gpuModel: 'H100',
        quantity: '900000000',
        unit: 'milli-gpu-ms',
        from: iso(T0),
        to: iso(T0 + HOUR),
        rateNumerator: '2300000',
        rateDenominator: '3600000000',
        amountMicroUsd: '575000',
        ...evidence,
      },
      expect.objectContaining({ kind: 'cpu', quantity: '7200000000', unit: 'milli-core-ms', amountMicroUsd: '40022' }),
      expect.objectContaining({ kind: 'memory', quantity: '14745600000', unit: 'mib-ms', amountMicroUsd: '10012' }),
    ]);
  });

  it('says when it is only a rehearsal', () => {
    const [line] = rated(allocation({ shares: [share({ simulated: true })] }), iso(T0 + HOUR)).lines;
    expect(line).toMatchObject({ simulated: true, description: '1 × H100 GPU (owned, simulated)' });
  });

  it('ends before the release: half of two neighbours is theirs, none is counted twice', () => {
    const [a, b, c] = [iso(T0), iso(T0 + 1_000), iso(T0 + 3_000)];
    expect(rated(allocation({ grantedAt: a }), b).lines[0]?.quantity).toBe('1000000');
    expect(rated(allocation({ grantedAt: b }), c).lines[0]?.quantity).toBe('2000000');
    expect(total(allocation({ grantedAt: b }), b)).toBe(0n);
  });

  it('is nothing where the clock went back', () => {
    const { lines, totalMicroUsd } = rated(allocation(), iso(T0 - HOUR));
    expect(totalMicroUsd).toBe(0n);
    expect(lines[0]).toMatchObject({ from: iso(T0), to: iso(T0), quantity: '0' });
  });

  it('rounds a half to the even neighbour', () => {
    // 2.3 USD an hour for 1 milli-GPU: 0.000639 micro-USD a millisecond. A price of 1,800,000 makes 1 ms × 1000 = 0.5.
    const entries = LIST.entries.map((entry) => ({ ...entry, microUsdPerUnit: '1800000' }));
    const of = (ms: number) => rated(allocation(), iso(T0 + ms), { ...LIST, entries }).totalMicroUsd;
    expect([1, 2, 3, 5, 7].map(of)).toEqual([0n, 1n, 2n, 2n, 4n]);
  });

  it('has a line for each transfer, at the price of its route', () => {
    const held = allocation({ transfers: [transfer(), transfer({ toSite: 'elsewhere', sizeGiB: 7 })] });
    const lines = rated(held, iso(T0)).lines.filter(({ kind }) => kind === 'egress');
    expect(lines.map(({ amountMicroUsd }) => amountMicroUsd)).toEqual(['270000', '630000']);
    expect(lines[0]).toMatchObject({ quantity: '3', unit: 'gib', nodeId: 'n1', rateNumerator: '90000' });
    expect(lines[0]?.description).toBe('3 GiB from s3-eu to home: s3://bucket/data (owned)');
  });

  it('charges egress to the node that the data went to', () => {
    const shares = [share(), share({ nodeId: 'n2', site: 'vast-eu', source: 'leased', rank: 1 })];
    const { lines } = rated(allocation({ shares, transfers: [transfer({ toSite: 'vast-eu' })] }), iso(T0));
    expect(lines.find(({ kind }) => kind === 'egress')).toMatchObject({ nodeId: 'n2', source: 'leased' });
  });

  it('cannot be made without a price', () => {
    const rating = rate(
      { allocation: allocation({ shares: [share({ source: 'shared' })] }), releasedAt: iso(T0), ...evidence },
      LIST,
    );
    expect(rating).toEqual({
      rated: false,
      missing: { source: 'shared', simulated: false, resource: 'gpu', gpuModel: 'H100' },
    });
  });

  it('charges no resource that was not held', () =>
    expect(rated(allocation({ shares: [share({ gpuMilli: 0, gpuModel: '' })] }), iso(T0 + HOUR)).lines).toEqual([]));

  it('of a large gang fits into an event: lines alike are added up, then rounded once', () => {
    const shares = Array.from({ length: 64 }, (_, rank) =>
      share({ rank, nodeId: `n${rank}`, cpuMilli: 333, memoryMiB: 7 }),
    );
    const { lines, totalMicroUsd } = rated(allocation({ shares }), iso(T0 + 12_345));
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ quantity: (64 * 1_000 * 12_345).toString() });
    expect(lines[0]?.description).toBe('1 × H100 GPU (owned) and 63 more alike');
    const each = sum(billByHand(allocation({ shares }), iso(T0 + 12_345)));
    const difference = totalMicroUsd - each;
    expect(difference <= 96n && difference >= -96n).toBe(true);
    expect(LINES_MAX).toBeLessThan(64 * 3);
  });

  it('keeps apart, when it adds up, what has another model, source, kind or price', () => {
    const shares = Array.from({ length: 64 }, (_, rank) =>
      share({
        rank,
        gpuModel: rank % 2 === 0 ? 'H100' : 'L4',
        source: rank % 3 === 0 ? 'owned' : 'leased',
        simulated: rank % 5 === 0,
      }),
    );
    const { lines } = rated(allocation({ shares }), iso(T0 + HOUR));
    expect(lines).toHaveLength(8);
    expect(sum(lines.map(({ amountMicroUsd }) => BigInt(amountMicroUsd)))).toBe(32n * 2_300_000n + 32n * 1_000_000n);
  });
});

describe('Rating', () => {
  it('equals an exact fraction, rounded once per line', () => {
    fc.assert(
      fc.property(allocationArb('alc_1'), endArb, (held, ms) => {
        const releasedAt = iso(Date.parse(held.grantedAt) + ms);
        const { lines, totalMicroUsd } = rated(held, releasedAt);
        const byHand = billByHand(held, releasedAt);
        expect(lines.map(({ amountMicroUsd }) => BigInt(amountMicroUsd))).toEqual(byHand);
        expect(totalMicroUsd).toBe(sum(byHand));
        for (const { quantity, rateNumerator, rateDenominator, amountMicroUsd } of lines) {
          const twice =
            2n * (BigInt(quantity) * BigInt(rateNumerator) - BigInt(amountMicroUsd) * BigInt(rateDenominator));
          expect(twice <= BigInt(rateDenominator) && twice >= -BigInt(rateDenominator)).toBe(true);
        }
      }),
    );
  });

  it('makes four quarters of a GPU cost one GPU, but for the rounding of four lines', () => {
    fc.assert(
      fc.property(endArb, (ms) => {
        const releasedAt = iso(T0 + ms);
        const quarter = total(allocation({ shares: [share({ gpuMilli: 250 })] }), releasedAt);
        const whole = total(allocation(), releasedAt);
        const difference = 4n * quarter - whole;
        expect(difference <= 2n && difference >= -2n).toBe(true);
      }),
    );
  });

  it('changes by no more than the rounding where an interval is split', () => {
    fc.assert(
      fc.property(allocationArb('alc_1'), endArb, endArb, (drawn, first, second) => {
        const held = { ...drawn, transfers: [] };
        const [from, middle] = [Date.parse(held.grantedAt), Date.parse(held.grantedAt) + first];
        const whole = rated(held, iso(middle + second));
        const split = total(held, iso(middle)) + total({ ...held, grantedAt: iso(middle) }, iso(middle + second));
        const difference = 2n * (whole.totalMicroUsd - split);
        const rounding = 3n * BigInt(whole.lines.length);
        expect(from).toBeLessThanOrEqual(middle);
        expect(difference <= rounding && difference >= -rounding).toBe(true);
      }),
    );
  });

  it('never charges less for longer', () => {
    fc.assert(
      fc.property(allocationArb('alc_1'), endArb, fc.nat({ max: 1_000 }), (held, ms, more) => {
        const end = Date.parse(held.grantedAt) + ms;
        expect(total(held, iso(end + more)) >= total(held, iso(end))).toBe(true);
      }),
    );
  });
});
