import { decideAppend, decideDelete, type History, type Stored, type Verdict } from './consistency';
import type { ExpectedRevision } from './events';
import type { StreamView } from './stream-state';

const UNWRITTEN: StreamView = {
  last: -1,
  first: 0,
  createdFrom: -Infinity,
  tombstoned: false,
  softDeleted: false,
  hasMetadata: false,
};
const written = (last: number): StreamView => ({ ...UNWRITTEN, last });
const deleted = (last: number): StreamView => ({ ...written(last), softDeleted: true, hasMetadata: true });
const tombstoned = (last: number): StreamView => ({ ...written(last), tombstoned: true });

/** A past of events named by their revision: `e0`, `e1` …; those from `rememberedFrom` on are in memory. */
function past(last: number, rememberedFrom = 0): History {
  const placeOf = (revision: number): Stored => ({ id: `e${revision}`, revision, position: revision * 100 });
  return {
    recent: (id) => {
      const revision = Number(id.slice(1));
      return id.startsWith('e') && revision <= last && revision >= rememberedFrom ? placeOf(revision) : undefined;
    },
    at: (revision) => (revision > last ? undefined : rememberedFrom > revision ? 'unknown' : placeOf(revision)),
  };
}

/** The same past once it was read from disk. */
const readPast = (last: number): History => ({
  recent: () => undefined,
  at: (revision) => (revision > last ? undefined : { id: `e${revision}`, revision, position: revision * 100 }),
});

const APPEND: Verdict = { kind: 'append' };
const WRONG: Verdict = { kind: 'wrong-version' };
const DELETED: Verdict = { kind: 'stream-deleted' };
const before = (revision: number): Verdict => ({
  kind: 'written-before',
  place: expect.objectContaining({ revision, position: revision * 100 }) as unknown as Stored,
});

type Row = readonly [what: string, expected: ExpectedRevision, ids: string, stream: StreamView, verdict: Verdict];

const ROWS: readonly Row[] = [
  ['any, tombstoned', 'any', 'x', tombstoned(3), DELETED],
  ['no stream, tombstoned', 'no_stream', 'x', tombstoned(-1), DELETED],
  ['exact, tombstoned', 3n, 'x', tombstoned(3), DELETED],
  ['nothing, tombstoned', 'any', '', tombstoned(3), DELETED],

  ['stream exists, never existed', 'stream_exists', 'x', UNWRITTEN, WRONG],
  ['stream exists, only metadata', 'stream_exists', 'x', { ...UNWRITTEN, hasMetadata: true }, APPEND],
  ['stream exists, soft-deleted', 'stream_exists', 'x', deleted(3), WRONG],
  ['stream exists, it does', 'stream_exists', 'x', written(3), APPEND],

  ['any, never existed', 'any', 'x', UNWRITTEN, APPEND],
  ['any, first id not seen', 'any', 'x e3', written(3), APPEND],
  ['any, all ids seen', 'any', 'e1 e2', written(3), before(2)],
  ['stream exists, all ids seen', 'stream_exists', 'e3', written(3), before(3)],
  ['any, a later id not seen', 'any', 'e3 x', written(3), WRONG],
  ['any, soft-deleted', 'any', 'x', deleted(3), APPEND],

  ['no stream, never existed', 'no_stream', 'x', UNWRITTEN, APPEND],
  ['exact, current', 3n, 'x y', written(3), APPEND],
  ['exact, current, soft-deleted', 3n, 'x', deleted(3), APPEND],
  ['exact, beyond', 4n, 'x', written(3), WRONG],
  ['exact, beyond what any stream can reach', 2n ** 64n - 1n, 'x', written(3), WRONG],
  ['exact, never existed', 0n, 'x', UNWRITTEN, WRONG],

  ['exact, written before', 1n, 'e2 e3', written(3), before(3)],
  ['exact, written before, others followed', 0n, 'e1', written(3), before(1)],
  ['no stream, written before', 'no_stream', 'e0 e1', written(3), before(1)],
  ['exact, another was written', 1n, 'x', written(3), WRONG],
  ['exact, the id is elsewhere in the stream', 1n, 'e3', written(3), WRONG],
  ['no stream, another was written', 'no_stream', 'x', written(3), WRONG],
  ['no stream, soft-deleted: recreated', 'no_stream', 'x', deleted(3), APPEND],
  ['no stream, soft-deleted, written before', 'no_stream', 'e0', deleted(3), before(0)],
  ['no stream, soft-deleted, begun before', 'no_stream', 'e0 x', deleted(3), WRONG],
  ['exact in the past, soft-deleted', 1n, 'x', deleted(3), WRONG],
  ['exact, a later id differs', 1n, 'e2 x', written(3), WRONG],
  ['exact, goes on beyond the end', 1n, 'e2 e3 e4', written(3), WRONG],

  ['nothing, any', 'any', '', UNWRITTEN, APPEND],
  ['nothing, exact and current', 3n, '', written(3), APPEND],
  ['nothing, exact and past', 1n, '', written(3), WRONG],
  ['nothing, exact and beyond', 5n, '', written(3), WRONG],
  ['nothing, stream exists, it does not', 'stream_exists', '', UNWRITTEN, WRONG],
];

const idsOf = (text: string): string[] => text.split(' ').filter(Boolean);

describe('An append', () => {
  it.each(ROWS)('%s', (_, expected, ids, stream, verdict) => {
    expect(decideAppend(expected, idsOf(ids), stream, past(stream.last))).toEqual(verdict);
  });

  const EXACT = ROWS.filter(([, expected]) => typeof expected === 'bigint' || expected === 'no_stream');
  it.each(EXACT)('after the past was read from disk: %s', (_, expected, ids, stream, verdict) => {
    expect(decideAppend(expected, idsOf(ids), stream, readPast(stream.last))).toEqual(verdict);
  });

  it('asks for the past that it does not remember', () => {
    const verdict = decideAppend(1n, ['x', 'y'], written(9), past(9, 9));
    expect(verdict).toEqual({ kind: 'read-first', from: 2, count: 2 });
  });

  it('does not ask for what cannot be on disk yet', () => {
    const history: History = { recent: () => undefined, at: () => undefined };
    expect(decideAppend(1n, ['x'], written(9), history)).toEqual(WRONG);
  });
});

describe('A deletion', () => {
  type Case = readonly [what: string, expected: ExpectedRevision, stream: StreamView, soft: Verdict, hard: Verdict];
  const CASES: readonly Case[] = [
    ['any, written', 'any', written(3), APPEND, APPEND],
    ['any, never existed', 'any', UNWRITTEN, WRONG, APPEND],
    ['any, only metadata', 'any', { ...UNWRITTEN, hasMetadata: true }, APPEND, APPEND],
    ['no stream, never existed', 'no_stream', UNWRITTEN, WRONG, APPEND],
    ['no stream, only metadata', 'no_stream', { ...UNWRITTEN, hasMetadata: true }, APPEND, APPEND],
    ['no stream, written', 'no_stream', written(3), WRONG, WRONG],
    ['exact, current', 3n, written(3), APPEND, APPEND],
    ['exact, past', 2n, written(3), WRONG, WRONG],
    ['exact, beyond', 4n, written(3), WRONG, WRONG],
    ['stream exists, it does', 'stream_exists', written(3), APPEND, APPEND],
    ['stream exists, soft-deleted', 'stream_exists', deleted(3), WRONG, WRONG],
    ['any, soft-deleted', 'any', deleted(3), APPEND, APPEND],
    ['any, tombstoned', 'any', tombstoned(3), DELETED, DELETED],
    ['exact, tombstoned', 3n, tombstoned(3), DELETED, DELETED],
  ];
  it.each(CASES)('%s', (_, expected, stream, soft, hard) => {
    expect(decideDelete(expected, stream, false)).toEqual(soft);
    expect(decideDelete(expected, stream, true)).toEqual(hard);
  });
});
