import fc from 'fast-check';
import { PersistentMap } from './persistent-map';

/** Two texts with the same FNV-1a hash of 32 bits, 0x5e4daa9d; with equal suffixes they stay equal. */
const COLLIDING = ['costarring', 'liquid'];
const key = fc.oneof(fc.constantFrom('a', 'b', 'c', ...COLLIDING), fc.string({ maxLength: 4 }));
const change = fc.oneof(fc.record({ set: fc.tuple(key, fc.integer()) }), fc.record({ delete: key })) as fc.Arbitrary<{
  set?: [string, number];
  delete?: string;
}>;

describe('PersistentMap', () => {
  it('is a Map that is never changed', () =>
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const plain = new Map<string, number>();
        let map = PersistentMap.empty<number>();
        const before = PersistentMap.of<number>([['a', 1]]);
        let other = before;
        for (const { set, delete: gone } of changes) {
          if (set) {
            plain.set(...set);
            map = map.set(...set);
            other = other.set(...set);
          } else if (gone !== undefined) {
            plain.delete(gone);
            map = map.delete(gone);
            other = other.delete(gone);
          }
        }
        expect(map.size).toBe(plain.size);
        expect(new Map(map.entries())).toEqual(plain);
        for (const [one, value] of plain) expect(map.get(one)).toBe(value);
        expect(map.get('never set')).toBeUndefined();
        expect([...before.entries()]).toEqual([['a', 1]]);
      }),
    ));

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
    const keys = ['', ...suffixes].flatMap((suffix) => COLLIDING.map((one) => one + suffix));
    const map = PersistentMap.of(keys.map((one, index) => [one, index] as const));
    expect(keys.map((one) => map.get(one))).toEqual(keys.map((_, index) => index));
    const less = map.delete('costarring');
    expect([less.get('costarring'), less.get('liquid'), less.size]).toEqual([undefined, 1, keys.length - 1]);
  });

  it('holds thousands', () => {
    const map = PersistentMap.of(Array.from({ length: 5_000 }, (_, i) => [`node_${i}`, i] as const));
    expect([...map.values()].sort((a, b) => a - b)).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
    expect(map.delete('node_17').has('node_17')).toBe(false);
  });
});
