import fc from 'fast-check';
import type { ChargeLine } from '@solyx/contracts';
import { propertyRuns } from '@solyx/testing';
import { postingsOf, zeroSum } from '../postings';
import { earningsOfCharge } from './earnings-of-charge';
import { doubleEntry } from './entry';

const line = (change: Partial<ChargeLine>): ChargeLine => ({
  ...{ kind: 'gpu', description: 'GPU', source: 'shared', simulated: false, nodeId: 'n1', gpuModel: 'H100' },
  ...{ quantity: '1', unit: 'milli-gpu-ms', from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T01:00:00.000Z' },
  ...{ rateNumerator: '1', rateDenominator: '1', amountMicroUsd: '1000000', eventIds: [], positions: [] },
  ...change,
});

describe('What a charge earns', () => {
  it('is summed for each owner and kind of money, by node', () => {
    const shares = earningsOfCharge([
      line({ providerId: 'a', providerAmountMicroUsd: '970000' }),
      line({ providerId: 'a', nodeId: 'n2', amountMicroUsd: '500000' }),
      line({ providerId: 'a', simulated: true }),
      line({ providerId: 'b', providerAmountMicroUsd: '900000' }),
      line({ source: 'owned' }),
    ]);
    expect(shares).toMatchObject([
      { providerId: 'a', simulated: false, gross: 1_500_000n, agreedNet: 970_000n, agreedGross: 1_000_000n },
      { providerId: 'a', simulated: true, gross: 1_000_000n, agreedGross: 0n },
      { providerId: 'b', gross: 1_000_000n },
    ]);
    expect(shares[0]?.parts).toEqual([
      { sourceId: 'n1', gpuModel: 'H100', grossMicroUsd: '1000000' },
      { sourceId: 'n2', gpuModel: 'H100', grossMicroUsd: '500000' },
    ]);
  });

  it('takes from the books exactly what the charge put there, however many nodes it was', () => {
    const some = fc.record({
      providerId: fc.constantFrom('a', 'b'),
      simulated: fc.boolean(),
      nodeId: fc.integer({ min: 0, max: 200 }).map((n) => `n${n}`),
      amountMicroUsd: fc.integer({ min: -1_000_000, max: 1_000_000_000 }).map(String),
      agreed: fc.option(fc.integer({ min: 0, max: 1_000_000 }).map(String)),
    });
    const lines = fc.array(
      some.map(({ agreed, ...change }) =>
        line({ ...change, ...(agreed === null ? {} : { providerAmountMicroUsd: agreed }) }),
      ),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(lines, (charged) => {
        const shares = earningsOfCharge(charged);
        const undone = shares.flatMap(({ simulated, booked }) => doubleEntry(simulated, ...booked));
        const balances = new Map<string, bigint>();
        for (const { account, amountMicroUsd } of [...postingsOf(charged), ...undone]) {
          balances.set(account, (balances.get(account) ?? 0n) + BigInt(amountMicroUsd));
        }
        // What is left is that customers used something; who earns it is said by the earnings.
        const left = [...balances].filter(([account, amount]) => amount !== 0n && !account.endsWith('accrued'));
        expect(left).toEqual([]);
        expect(zeroSum(postingsOf(charged))).toBe(true);
        for (const { parts, gross } of shares) {
          expect(parts.length).toBeLessThanOrEqual(64);
          expect(parts.reduce((sum, part) => sum + BigInt(part.grossMicroUsd), 0n)).toBe(gross);
        }
      }),
      propertyRuns(100),
    );
  });
});
