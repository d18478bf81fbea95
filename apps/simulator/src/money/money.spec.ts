import { generator, yearOf, type MoneyJob } from './demand';
import { offersOf } from './market';
import { cheapestOffer, oneCurrency } from './ways';
import { playYear, type MoneySetting } from './year';

const OFFERS = offersOf(
  [
    {
      provider: 'verda',
      instance: '1x',
      region: 'FIN-02',
      gpus: 1,
      cpus: 32,
      memoryGiB: 185,
      usdPerHour: '2.29',
      spotUsdPerHour: '0.80',
    },
    {
      provider: 'aws',
      instance: '8x',
      region: 'us-east-1',
      gpus: 8,
      cpus: 192,
      memoryGiB: 2_048,
      usdPerHour: '55.04',
      spotUsdPerHour: undefined,
    },
    {
      provider: 'nobody',
      instance: '1x',
      region: 'moon',
      gpus: 1,
      cpus: 1,
      memoryGiB: 1,
      usdPerHour: '0.01',
      spotUsdPerHour: undefined,
    },
  ],
  '2026-01-01T00:00:00.000Z',
);
const SETTING: MoneySetting = { offers: OFFERS, ownedNodes: 1, sharedNodes: 0, seed: 5 };

const job = (some: Partial<MoneyJob>): MoneyJob => ({ arrivedAt: 0, seconds: 3_600, gpus: 1, dataGiB: 0, ...some });

describe('a year of money', () => {
  it('takes offers on demand and spot apart, and none whose terms are not known', () => {
    expect(
      OFFERS.map(({ provider, priceMicroUsdPerHour, evictionPerMilleHour }) => [
        provider,
        priceMicroUsdPerHour,
        evictionPerMilleHour,
      ]),
    ).toEqual([
      ['verda', '2290000', 1],
      ['verda', '800000', 80],
      ['aws', '55040000', 0],
    ]);
  });

  it('uses owned GPUs first, and leases when they are gone', () => {
    const full = [job({ gpus: 8 }), job({ gpus: 8, arrivedAt: 10, dataGiB: 20 })];
    for (const policy of [cheapestOffer, oneCurrency()]) {
      const { leases, leased, egress, meanWait, evictions } = playYear(full, SETTING, policy);
      expect([leases, evictions, meanWait]).toEqual([1, 0, 90]);
      // Up for boot, work and ten minutes of nothing, by the second; 20 GiB to another continent.
      expect(leased).toBe((55_040_000n * (180n + 3_600n + 600n)) / 3_600n);
      expect(egress).toBe(20n * 50_000n);
    }
  });

  it('brings work home that is on a leased node when owned GPUs come free', () => {
    const two = [job({ gpus: 8, seconds: 1_000 }), job({ gpus: 8, arrivedAt: 10, seconds: 50_000 })];
    const [stays, home] = [playYear(two, SETTING, oneCurrency()), playYear(two, SETTING, oneCurrency(true))];
    expect([stays.moves, home.moves]).toEqual([0, 1]);
    expect(home.total).toBeLessThan(stays.total);
  });

  it('is the same twice, and for the same seed the same year', () => {
    const curve = Array.from({ length: 20_160 }, (_, minute) => 3 + 2 * Math.sin(minute / 200));
    const [one, other] = [yearOf(curve, 3), yearOf(curve, 3)];
    expect(other).toEqual(one);
    const some = one.slice(0, 800);
    expect(playYear(some, SETTING, oneCurrency())).toEqual(playYear(some, SETTING, oneCurrency()));
    expect(generator(1)()).toBe(generator(1)());
  });
});
