import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { anchor, canonicalJson, deriveId, derivePrefixedId } from './hashing';

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  );
};

describe('canonical JSON', () => {
  it('is the same text whatever the order of members, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(shuffled(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    [{ b: 1, a: [true, null, 'ü'] }, '{"a":[true,null,"ü"],"b":1}'],
    [{ n: 10n, u: undefined }, '{"n":"10"}'],
    [[undefined, 1], '[null,1]'],
    [{ '\u20ac': 1, '\r': 2, '1': 3 }, '{"\\r":2,"1":3,"€":1}'],
    [-0, '0'],
  ])('of %p', (value, text) => expect(canonicalJson(value)).toBe(text));

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('has no text for %p', (value) => {
    expect(() => canonicalJson({ value })).toThrow(RangeError);
  });
});

describe('anchors', () => {
  it('are SHA3-256 as FIPS 202 has it', () => {
    const sha3 = (text: string) => createHash('sha3-256').update(text).digest('hex');
    // The empty message of NIST's test vectors, so that a mistaken algorithm is noticed.
    expect(sha3('')).toBe('a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a');
    expect(anchor({ b: 1n, a: 'ü' })).toBe(sha3('{"a":"ü","b":"1"}'));
    expect(anchor({ a: 1 })).not.toBe(anchor({ a: 2 }));
  });
});

describe('derived ids', () => {
  it('are UUIDs of version 8, and the same for the same parts', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.integer(), fc.bigInt()), { minLength: 1 }), (parts) => {
        const id = deriveId(...parts);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(deriveId(...parts)).toBe(id);
      }),
    );
  });

  it('tell apart parts that only look alike when joined', () => {
    expect(deriveId('ab', 'c')).not.toBe(deriveId('a', 'bc'));
    expect(deriveId('a', 0)).not.toBe(deriveId('a', 1));
  });

  it('with a prefix are short, and hold no dash', () => {
    const id = derivePrefixedId('job', 'req_1');
    expect(id).toMatch(/^job_[0-9a-hjkmnp-tv-z]{16}$/);
    expect(derivePrefixedId('job', 'req_1')).toBe(id);
    expect(derivePrefixedId('req', 'req_1').slice(4)).not.toBe(id.slice(4));
  });

  it('spread over all letters', () => {
    const letters = new Set(Array.from({ length: 200 }, (_, i) => derivePrefixedId('x', i).slice(2)).join(''));
    expect(letters.size).toBe(32);
  });
});
