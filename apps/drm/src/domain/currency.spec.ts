import fc from 'fast-check';
import type { Offer, Procurement } from '@solyx/contracts';
import {
  billedSeconds,
  leasedCost,
  microGpuOf,
  offerCost,
  ownedCost,
  sharedCost,
  type Cost,
  type Load,
} from './currency';

const GPU_HOUR = 1_000_000n;
const procurement: Procurement = {
  purchaseMicroUsd: '140160000000',
  purchasedAt: '2026-01-01T00:00:00.000Z',
  lifetimeMonths: 24,
  method: 'straight-line',
  idleWatts: 0,
  maxWatts: 8_000,
  energyMicroUsdPerKwh: '100000',
};
const load: Load = { gpuMilli: 2_000, cpuMilli: 8_000, memoryMiB: 65_536, runtimeSeconds: 1_800, egressMicroUsd: 0n };
const whole = { gpuMilli: 8_000, cpuMilli: 128_000, memoryMiB: 1_048_576 };
const offer: Offer = {
  ...{ offerId: 'o', provider: 'lambda', simulated: true, site: 's', region: 'r', gpuModel: 'H100' },
  ...{ gpuMemoryMiB: 81_920, gpusPerNode: 8, cpuMilli: 128_000, memoryMiB: 1_048_576, available: 1 },
  ...{ priceMicroUsdPerHour: '16000000', minimumSeconds: 3_600, bootSeconds: 90, evictionPerMilleHour: 20 },
  ...{ observedAt: '2026-01-01T00:00:00.000Z', freshUntil: '2026-01-02T00:00:00.000Z' },
};
const partsOf = ({ parts }: Cost) =>
  Object.fromEntries(parts.map(({ part, microUsdPerHour }) => [part, Number(microUsdPerHour)]));

describe('One currency', () => {
  it('counts an owned GPU by what else it could have served', () => {
    const scarce = ownedCost(procurement, 8, load, { microGpu: 2_000_000, gpuHour: GPU_HOUR });
    const idle = ownedCost(procurement, 8, load, { microGpu: 0, gpuHour: GPU_HOUR });
    expect(partsOf(scarce)).toEqual({ slot: 2_000_000, energy: 200_000 });
    expect(partsOf(idle)).toEqual({ energy: 200_000 });
    expect(scarce.microGpu).toBe(2_200_000);
  });

  it('takes an owned GPU for nothing where its purchase is not known', () => {
    const cost = ownedCost(undefined, 8, load, { microGpu: 2_000_000, gpuHour: GPU_HOUR });
    expect(cost).toEqual({ microUsdPerHour: 0n, microGpu: 0, parts: [] });
  });

  it('counts an offer by the whole node, the minimum, the boot and the risk', () => {
    // Half an hour of work pays the hour; 90 s of boot are a twentieth of it; 2 % per hour lose 15 min + 90 s.
    expect(partsOf(offerCost(offer, load, GPU_HOUR))).toEqual({
      rate: 16_000_000,
      minimum: 16_000_000,
      boot: 800_000,
      eviction: 88_000,
    });
  });

  it('shares an offer among those who wait for the same', () => {
    expect(partsOf(offerCost(offer, load, GPU_HOUR, 3)).rate).toBe(4_000_000);
    expect(partsOf(offerCost(offer, load, GPU_HOUR, 100)).rate).toBe(4_000_000);
    expect(partsOf(offerCost(offer, load, GPU_HOUR, 1)).rate).toBe(8_000_000);
  });

  it('bills whole units, and the minimum at least', () => {
    expect(billedSeconds({ minimumSeconds: 60 }, 59.2)).toBe(60);
    expect(billedSeconds({ minimumSeconds: 60 }, 61)).toBe(61);
    expect(billedSeconds({ minimumSeconds: 60, billingUnitSeconds: 3_600 }, 3_601)).toBe(7_200);
  });

  it('counts a leased node by the share, less what is paid anyhow', () => {
    const terms = { costMicroUsdPerHour: '16000000' };
    expect(leasedCost(terms, whole, load, { gpuHour: GPU_HOUR }).microUsdPerHour).toBe(4_000_000n);
    expect(leasedCost(terms, whole, load, { gpuHour: GPU_HOUR, paidSeconds: 900 }).microUsdPerHour).toBe(2_000_000n);
    expect(leasedCost(terms, whole, load, { gpuHour: GPU_HOUR, paidSeconds: 9_000 }).microUsdPerHour).toBe(0n);
    expect(leasedCost(terms, whole, { ...load, cpuMilli: 64_000 }, { gpuHour: GPU_HOUR }).microUsdPerHour).toBe(
      8_000_000n,
    );
  });

  it('counts a shared node by its health, and data once', () => {
    const terms = { costMicroUsdPerHour: '8000000', healthPerMille: 800 };
    const cost = sharedCost(terms, whole, { ...load, egressMicroUsd: 50_000n }, GPU_HOUR);
    expect(partsOf(cost)).toEqual({ rate: 2_000_000, health: 500_000, egress: 100_000 });
  });

  const money = fc.bigInt({ min: 0n, max: 10n ** 9n });
  const loads = fc.record({
    gpuMilli: fc.integer({ min: 0, max: 8_000 }),
    cpuMilli: fc.integer({ min: 0, max: 128_000 }),
    memoryMiB: fc.integer({ min: 0, max: 1_048_576 }),
    runtimeSeconds: fc.integer({ min: 1, max: 10_000_000 }),
    egressMicroUsd: money,
  });

  it('adds up, in whole numbers that a score holds exactly, and grows with every price', () => {
    fc.assert(
      fc.property(
        loads,
        fc.record({ price: money, more: money, gpuHour: fc.bigInt({ min: 0n, max: 10n ** 8n }) }),
        fc.record({
          minimum: fc.nat(100_000),
          unit: fc.integer({ min: 1, max: 7_200 }),
          boot: fc.nat(3_600),
          evict: fc.nat(1_000),
          sharers: fc.nat(20),
          health: fc.integer({ min: 1, max: 1_000 }),
        }),
        (one, { price, more, gpuHour }, { minimum, unit, boot, evict, sharers, health }) => {
          const at = (micro: bigint): Offer => ({
            ...offer,
            priceMicroUsdPerHour: String(micro),
            ...{ minimumSeconds: minimum, billingUnitSeconds: unit, bootSeconds: boot, evictionPerMilleHour: evict },
          });
          const terms = (micro: bigint) => ({ costMicroUsdPerHour: String(micro), healthPerMille: health });
          const pairs: readonly (readonly [Cost, Cost])[] = [
            [offerCost(at(price), one, gpuHour, sharers), offerCost(at(price + more), one, gpuHour, sharers)],
            [
              leasedCost(terms(price), whole, one, { gpuHour }),
              leasedCost(terms(price + more), whole, one, { gpuHour }),
            ],
            [sharedCost(terms(price), whole, one, gpuHour), sharedCost(terms(price + more), whole, one, gpuHour)],
            [
              ownedCost(procurement, 8, one, { microGpu: 0, gpuHour }),
              ownedCost(procurement, 8, one, { microGpu: one.gpuMilli * 1_000, gpuHour }),
            ],
          ];
          for (const [cheap, dear] of pairs) {
            expect(cheap.microUsdPerHour).toBeLessThanOrEqual(dear.microUsdPerHour);
            for (const cost of [cheap, dear]) {
              const sum = cost.parts.reduce((all, { microUsdPerHour }) => all + BigInt(microUsdPerHour), 0n);
              expect(sum).toBe(cost.microUsdPerHour);
              expect(Number.isSafeInteger(cost.microGpu * 64)).toBe(true);
              expect(cost.microGpu).toBe(microGpuOf(cost.microUsdPerHour, gpuHour));
            }
          }
          // An offer is never cheaper than what the same node costs once it is up and shared by the same.
          expect(offerCost(at(price), one, gpuHour).microUsdPerHour).toBeGreaterThanOrEqual(
            leasedCost(terms(price), whole, one, { gpuHour }).microUsdPerHour,
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
