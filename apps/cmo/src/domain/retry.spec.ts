import { allocation, at, retryOnLoss, spec } from '../test/job-fixtures';
import { backoffSeconds, causeOf, isExhausted, mayRetry, notBefore } from './retry';
import { costOf, stopAfterSeconds } from './spending';

describe('Retry', () => {
  it('waits twice as long each time, up to the maximum', () =>
    expect([1, 2, 3, 4, 5, 6, 7, 8, 40].map((attempt) => backoffSeconds(retryOnLoss, attempt))).toEqual([
      1, 2, 4, 8, 16, 32, 60, 60, 60,
    ]));
  it('does not wait where nobody wants it', () =>
    expect(notBefore({ ...retryOnLoss, backoffSecondsMin: 0 }, 1, at(0))).toBeUndefined());
  it.each([
    ['NodeLost', 'node-lost'],
    ['Preempted', 'preempted'],
    ['LeaseEnded', 'preempted'],
    ['ExitedNonZero', 'failed'],
    ['MemoryExceeded', 'failed'],
    ['MaxRuntimeExceeded', undefined],
    ['BudgetExhausted', undefined],
    ['Cancelled', undefined],
  ])('files %s under %s', (reason, cause) => expect(causeOf(reason)).toBe(cause));
  it('counts', () => {
    expect(mayRetry(retryOnLoss, 3, 'NodeLost')).toBe(true);
    expect(mayRetry(retryOnLoss, 4, 'NodeLost')).toBe(false);
    expect(isExhausted(retryOnLoss, 4, 'NodeLost')).toBe(true);
    expect(isExhausted(retryOnLoss, 4, 'ExitedNonZero')).toBe(false);
  });
});

describe('Stop after', () => {
  const purse = (budgetMicroUsd: string | undefined, spentMicroUsd = 0n) => ({
    spec: spec({ limits: { maxRuntimeSeconds: 100, ...(budgetMicroUsd === undefined ? {} : { budgetMicroUsd }) } }),
    placedMicroUsd: BigInt(budgetMicroUsd ?? 1),
    holdMicroUsd: BigInt(budgetMicroUsd ?? 1),
    spentMicroUsd,
  });
  // 3.6 USD per hour: 1,000 micro-USD per second.
  const grant = allocation(1, 1, { priceMicroUsdPerHour: '3600000' });

  it('is the maximum runtime where no budget was set', () =>
    expect(stopAfterSeconds(purse(undefined), grant, at(3))).toBe(100));
  it('is what the budget pays for, less the start and the grace', () =>
    expect(stopAfterSeconds(purse('50000'), grant, at(3))).toBe(50 - 1 - 10));
  it('counts what former attempts cost', () =>
    expect(stopAfterSeconds(purse('50000', 20_000n), grant, at(3))).toBe(30 - 1 - 10));
  it('counts the data that is moved', () => {
    const transfer = {
      ...{ uri: 's3://d', fromSite: 'a', toSite: 'b', path: ['a', 'b'], sizeGiB: 1, latencyUs: 1 },
      ...{ priceMicroUsdPerGiB: '10000', priceMicroUsd: '10000' },
    };
    expect(stopAfterSeconds(purse('50000'), { ...grant, transfers: [transfer] }, at(3))).toBe(40 - 1 - 10);
    expect(costOf({ ...grant, transfers: [transfer] }, at(12))).toBe(20_000n);
  });
  it('is nothing where nothing is left', () => expect(stopAfterSeconds(purse('50000', 50_000n), grant, at(3))).toBe(0));
  it('is the maximum runtime where nothing is charged', () =>
    expect(stopAfterSeconds(purse('50000'), { ...grant, priceMicroUsdPerHour: '0' }, at(3))).toBe(100));
});
