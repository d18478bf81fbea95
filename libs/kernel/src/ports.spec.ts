import fc from 'fast-check';
import { ManualClock, SeededIds, SeededRandom, SystemClock, SystemIds, SystemRandom } from './ports';

describe('seeded ports', () => {
  it('give the same sequence for the same seed, and another for another', () => {
    const take = (seed: number) => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 20 }, () => random.next());
    };
    fc.assert(fc.property(fc.integer(), (seed) => expect(take(seed)).toEqual(take(seed))));
    expect(take(1)).not.toEqual(take(2));
    const ids = (seed: string) => {
      const source = new SeededIds(seed);
      return [source.next(), source.next()];
    };
    expect(ids('a')).toEqual(ids('a'));
    expect(new Set([...ids('a'), ...ids('b')]).size).toBe(4);
  });

  it('stay within bounds and reach all of them', () => {
    const random = new SeededRandom(7);
    const counts = Array.from({ length: 8 }, () => 0);
    for (let i = 0; i < 8_000; i += 1) counts[random.int(8)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('move the clock only when told, and never back', () => {
    const clock = new ManualClock(Date.UTC(2026, 2, 1));
    expect(clock.iso()).toBe('2026-03-01T00:00:00.000Z');
    clock.advance(1_500);
    clock.advance(-9_000);
    expect(clock.iso()).toBe('2026-03-01T00:00:01.500Z');
  });
});

describe('system ports', () => {
  it('are what the machine has', () => {
    const before = Date.now();
    const now = new SystemClock().now();
    expect(now >= before && now <= Date.now()).toBe(true);
    const ids = new SystemIds();
    expect(ids.next()).not.toBe(ids.next());
    const value = new SystemRandom().next();
    expect(value >= 0 && value < 1).toBe(true);
  });
});
