import fc from 'fast-check';
import { hashKey, newKey, parseKey, sameHash } from './api-key';

const kind = fc.constantFrom('test' as const, 'live' as const, 'join' as const);

describe('API keys', () => {
  it('read back as what they were made for', () => {
    fc.assert(
      fc.property(kind, (wanted) => {
        const { id, key } = newKey(wanted);
        expect(parseKey(key)).toEqual({ kind: wanted, id });
      }),
    );
  });

  it('are refused when one character was mistyped', () => {
    const { key } = newKey('test');
    const places = fc.integer({ min: 'slx_test_'.length, max: key.length - 1 });
    fc.assert(
      fc.property(places, fc.constantFrom('0', 'a', 'Z', '_'), (place, other) => {
        fc.pre(key[place] !== other);
        expect(parseKey(key.slice(0, place) + other + key.slice(place + 1))).toBeUndefined();
      }),
    );
  });

  it('hash alike only under the same pepper', () => {
    const { key } = newKey('live');
    const pepper = '00'.repeat(32);
    expect(sameHash(hashKey(key, pepper), hashKey(key, pepper))).toBe(true);
    expect(sameHash(hashKey(key, pepper), hashKey(key, '01'.repeat(32)))).toBe(false);
    expect(sameHash('a', 'ab')).toBe(false);
  });
});
