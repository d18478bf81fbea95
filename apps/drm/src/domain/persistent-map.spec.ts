import fc from 'fast-check';
import { PersistentMap } from './persistent-map';

const key = fc.oneof(fc.constantFrom('a', 'b', 'c', 'costarring', 'liquid'), fc.string({ maxLength: 4 }));
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
        expect([...before.entries()]).toEqual([['a', 1]]);
      }),
    ));

  it('keeps keys apart whose hashes are equal', () => {
    // FNV-1a of both is 0x5e4daa9d.
    const map = PersistentMap.of([
      ['costarring', 1],
      ['liquid', 2],
    ]);
    expect([map.get('costarring'), map.get('liquid'), map.size]).toEqual([1, 2, 2]);
    const less = map.delete('costarring');
    expect([less.get('costarring'), less.get('liquid'), less.size]).toEqual([undefined, 2, 1]);
  });

  it('holds thousands', () => {
    const map = PersistentMap.of(Array.from({ length: 5_000 }, (_, i) => [`node_${i}`, i] as const));
    expect([...map.values()].sort((a, b) => a - b)).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
    expect(map.delete('node_17').has('node_17')).toBe(false);
  });
});
