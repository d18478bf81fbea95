import fc from 'fast-check';
import { compileFilter } from './filters';
import { recordLength, sizeOf, TOMBSTONE_REVISION, type ProposedEvent } from './events';
import { linkTarget } from './links';
import { RecentIds } from './recent-ids';
import { DELETED_METADATA, parseMetadata, recreatedMetadata } from './stream-metadata';
import { baseOf, isHiddenFromAll, metastreamOf, nameFault } from './stream-names';
import { evolveStream, isSoftDeleted, UNWRITTEN, viewOf } from './stream-state';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const about = (value: unknown, revision = 0) => ({ stream: '$$s', revision, isJson: true, data: json(value) }) as const;
const event = (revision: number) => ({ stream: 's', revision, isJson: true, data: json({}) }) as const;
const proposed: ProposedEvent = { id: '', type: 'abc', isJson: true, data: json(1), metadata: Buffer.alloc(0) };

describe('Sizes', () => {
  it('count data, metadata, and two bytes per character of the type', () =>
    expect(sizeOf({ ...proposed, type: 'type', data: Buffer.alloc(10), metadata: Buffer.alloc(5) })).toBe(23));
  it('move the position by more than one, whatever is written', () =>
    expect(recordLength('s', proposed)).toBeGreaterThan(1));
});

describe('Names', () => {
  it('pair a stream with its metadata stream', () => {
    expect([metastreamOf('s'), baseOf('$$s'), baseOf('s'), baseOf('$s')]).toEqual(['$$s', 's', 's', '$s']);
  });
  it.each(['', 'a\0b', '$all', '$$$$s', 'x'.repeat(1025), 'ü'.repeat(513)])('refuse %j', (name) => {
    expect(nameFault(name)).toMatch(/\w/);
  });
  it.each(['s', '$system', '$$s', '$$$system', 'ü'.repeat(512)])('allow %j', (name) => {
    expect(nameFault(name)).toBeUndefined();
  });
  it('hide a few streams from $all, and only those', () => {
    const hidden = ['$epoch-information', '$persistentsubscription-$all::g-checkpoint'];
    const shown = ['$$s', 's', '$persistentsubscription-s::g-checkpoint', '$persistentsubscription-$all::g'];
    expect(hidden.every(isHiddenFromAll)).toBe(true);
    expect(shown.some(isHiddenFromAll)).toBe(false);
  });
});

describe('Metadata', () => {
  it('reads the keys that the store obeys', () => {
    const acl = { $r: 'all', $w: ['a', 'b'] };
    expect(parseMetadata(true, json({ $maxCount: 2, $maxAge: 3, $tb: 4, $acl: acl, own: 1 }))).toEqual({
      maxCount: 2,
      maxAgeSeconds: 3,
      truncateBefore: 4,
      acl: { read: ['all'], write: ['a', 'b'], delete: undefined, readMetadata: undefined, writeMetadata: undefined },
    });
  });
  it('takes anything of the order of 2^63 for a deletion', () => {
    expect(parseMetadata(true, DELETED_METADATA).truncateBefore).toBe(Infinity);
    expect(parseMetadata(true, json({ $tb: 9223372036854776000 })).truncateBefore).toBe(Infinity);
  });
  it('keeps what it does not know when a stream is recreated', () => {
    expect(JSON.parse(recreatedMetadata(true, json({ own: [1], $tb: 1e19 }), 7).toString())).toEqual({
      own: [1],
      $tb: 7,
    });
    expect(JSON.parse(recreatedMetadata(false, Buffer.from('bytes'), 7).toString())).toEqual({ $tb: 7 });
  });
  it('never throws, whatever was written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.boolean(), (text, isJson) => {
        const { truncateBefore, maxCount, maxAgeSeconds } = parseMetadata(isJson, Buffer.from(text));
        return truncateBefore >= 0 && maxCount > 0 && maxAgeSeconds > 0;
      }),
    );
  });
});

describe('A stream', () => {
  const after = (...events: readonly Parameters<typeof evolveStream>[1][]) => events.reduce(evolveStream, UNWRITTEN);

  it('shows its last events only, when told so', () => {
    const state = after(event(0), event(1), event(2), about({ $maxCount: 2 }));
    expect(viewOf(state, 's', 0)).toMatchObject({ first: 1, last: 2, hasMetadata: true });
  });
  it('shows nothing older than its age', () => {
    const state = after(event(0), about({ $maxAge: 10 }));
    expect(viewOf(state, 's', 60_000).createdFrom).toBe(50_000);
    expect(viewOf(after(event(0)), 's', 60_000).createdFrom).toBe(-Infinity);
  });
  it('obeys the stricter of two limits', () => {
    const state = after(event(5), about({ $maxCount: 4, $tb: 3 }));
    expect(viewOf(state, 's', 0).first).toBe(3);
  });
  it('is deleted, and not, by its metadata', () => {
    const gone = after(event(5), { ...about({}), data: DELETED_METADATA });
    expect([isSoftDeleted(gone), viewOf(gone, 's', 0).softDeleted]).toEqual([true, true]);
    expect(isSoftDeleted(evolveStream(gone, about({ $tb: 6 }, 1)))).toBe(false);
  });
  it('has a metadata stream that keeps its last event', () => {
    const state = after(about({ $maxCount: 1 }), about({ own: 1 }, 1), about({}, 2));
    expect(viewOf(state, '$$s', 0)).toMatchObject({ first: 2, last: 2, softDeleted: false });
    expect(viewOf(state, 's', 0)).toMatchObject({ last: -1, hasMetadata: true });
  });
  it('takes its metadata stream with it when it ends for ever', () => {
    const state = after(event(0), event(TOMBSTONE_REVISION));
    expect([viewOf(state, 's', 0).tombstoned, viewOf(state, '$$s', 0).tombstoned]).toEqual([true, true]);
  });
});

describe('Recent ids', () => {
  it('remember the last ones for certain, and not twice as many', () => {
    const ids = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 200 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 20 }), (added, capacity) => {
        const recent = new RecentIds(capacity);
        added.forEach((id, index) => recent.add('s', String(id), { revision: index, position: index }));
        const lastOnes = added.slice(-capacity);
        for (const id of lastOnes) {
          expect(recent.find('s', String(id))?.position).toBe(added.lastIndexOf(id));
        }
        expect(recent.size).toBeLessThanOrEqual(2 * capacity);
      }),
    );
  });
  it('belong to their stream', () => {
    const recent = new RecentIds(10);
    recent.add('s', 'id', { revision: 1, position: 1 });
    expect(recent.find('t', 'id')).toBeUndefined();
  });
  it('forget a write that was taken back, but not the one before it', () => {
    const recent = new RecentIds(10);
    recent.add('s', 'id', { revision: 1, position: 1 });
    recent.remove('s', 'id', { revision: 2, position: 2 });
    expect(recent.find('s', 'id')?.revision).toBe(1);
    recent.remove('s', 'id', { revision: 1, position: 1 });
    expect(recent.find('s', 'id')).toBeUndefined();
  });
});

describe('A filter', () => {
  const rule = { regex: '', prefixes: [], checkpointEvery: 32 } as const;
  const at = (stream: string, type: string) => ({ stream, type });

  it('takes any of several prefixes', () => {
    const filter = compileFilter({ ...rule, on: 'stream', prefixes: ['a-', 'b-'] });
    expect([at('a-1', ''), at('b-2', ''), at('c-a-', '')].map(filter.matches)).toEqual([true, true, false]);
  });
  it('prefers the regular expression', () => {
    const filter = compileFilter({ ...rule, on: 'type', regex: '^[^$].*', prefixes: ['$'] });
    expect([at('$s', 'x'), at('s', '$x'), at('s', '')].map(filter.matches)).toEqual([true, false, false]);
  });
  it.each(['([', 'x'.repeat(2000)])('says that an expression is none', (regex) => {
    expect(() => compileFilter({ ...rule, on: 'type', regex })).toThrow(SyntaxError);
  });
});

describe('A link', () => {
  const link = (data: string, type = '$>') => linkTarget({ type, data: Buffer.from(data) });
  it('points to a revision of a stream, whose name may hold anything', () => {
    expect(link('12@a@b')).toEqual({ stream: 'a@b', revision: 12 });
  });
  it.each(['', '@s', '1@', '-1@s', '1.5@s', 'x@s', '99999999999999999999@s'])('is none: %j', (data) => {
    expect(link(data)).toBeUndefined();
  });
  it('is none when its type is another', () => expect(link('1@s', 'x')).toBeUndefined());
});
