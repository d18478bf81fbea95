import fc from 'fast-check';
import { PersistentMap } from './persistent-map';

/** Two texts with the same FNV-1a hash of 32 bits. */
const COLLIDING = ['costarring', 'liquid'];
const keyArb = fc.oneof(fc.constantFrom(...COLLIDING), fc.string({ maxLength: 3 }), fc.nat({ max: 5_000 }).map(String));

describe('Persistent map', () => {
  it('holds what a Map holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(keyArb, fc.nat()), { maxLength: 400 }), (entries) => {
        const model = new Map(entries);
        const map = PersistentMap.from(entries);
        expect(map.size).toBe(model.size);
        expect(new Map(map.entries())).toEqual(model);
        for (const [key] of entries) expect(map.get(key)).toBe(model.get(key));
        expect(map.get('never set')).toBeUndefined();
      }),
    );
  });

  it('leaves older versions as they were', () => {
    const versions: PersistentMap<number>[] = [PersistentMap.empty()];
    for (let i = 0; i < 3_000; i += 1) versions.push(versions[i]!.set(`key ${i % 2_000}`, i));
    for (const [index, version] of [...versions.entries()].filter(([i]) => i % 100 === 0)) {
      expect(version.size).toBe(Math.min(index, 2_000));
      expect(version.get(`key ${index}`)).toBeUndefined();
    }
    expect(versions[3_000]!.get('key 999')).toBe(2_999);
    expect(versions[2_000]!.get('key 999')).toBe(999);
  });

  it('keeps apart keys whose hashes are equal, however many', () => {
    const suffixes = Array.from({ length: 60 }, (_, index) => `-${index}`);
    const keys = suffixes.flatMap((suffix) => COLLIDING.map((key) => key + suffix));
    const map = PersistentMap.from(keys.map((key, index) => [key, index] as const));
    expect(keys.map((key) => map.get(key))).toEqual(keys.map((_, index) => index));
  });
});
