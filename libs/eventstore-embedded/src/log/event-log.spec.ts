import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { TOMBSTONE_REVISION, type ExpectedRevision, type ProposedEvent, type RecordedEvent } from '../engine/events';
import { AppendRefused, OutcomeUnknown } from '../storage/storage';
import { FlakyStorage } from '../test/flaky-storage';
import { Reference, type Outcome } from '../test/reference';
import type { AppendAnswer } from './appender';
import { DEFAULT_LIMITS, EventLog } from './event-log';

const NO_BYTES = Buffer.alloc(0);
const proposed = (id: string, body: unknown = {}, type = 'happened'): ProposedEvent => ({
  id,
  type,
  isJson: true,
  data: Buffer.from(JSON.stringify(body).replace('"forever"', '9223372036854775807')),
  metadata: NO_BYTES,
});

/** Hardly any memory: whatever can be forgotten is. */
const FORGETFUL = { recentEvents: { bytes: 2000, events: 3 }, recentIds: 100_000, streams: 2 };

async function open(options: Partial<Parameters<typeof EventLog.open>[0]> = {}) {
  const storage = new FlakyStorage();
  const fatal: Error[] = [];
  const onFatal = (error: Error): unknown => fatal.push(error);
  const log = await EventLog.open({ storage, now: Date.now, newId: randomUUID, onFatal, ...options });
  return { log, storage, fatal, appender: log.appender, reader: log.reader };
}

const STREAMS = ['a', 'b', '$$a', '$$b'] as const;
const aStream = fc.constantFrom(...STREAMS);
const aBase = fc.constantFrom('a', 'b');
const anExpectation: fc.Arbitrary<ExpectedRevision> = fc.oneof(
  fc.constantFrom<ExpectedRevision>('any', 'no_stream', 'stream_exists'),
  fc.integer({ min: 0, max: 6 }).map(BigInt),
);
/** Few ids, so that repetitions happen by themselves. */
const someIds = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 3 });
const aBody = fc.record(
  { tb: fc.integer({ min: 1, max: 6 }), maxCount: fc.integer({ min: 1, max: 3 }) },
  { requiredKeys: [] },
);
const aStep = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      stream: aStream,
      expected: anExpectation,
      ids: someIds,
      body: aBody,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), stream: aBase, expected: anExpectation }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('tombstone' as const), stream: aBase, expected: anExpectation }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refuse' as const) }) },
);
type Step = typeof aStep extends fc.Arbitrary<infer T> ? T : never;

const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const metadataJson = ({ tb, maxCount }: { tb?: number; maxCount?: number }) => ({ $tb: tb, $maxCount: maxCount });

async function perform(log: EventLog, step: Exclude<Step, { do: 'refuse' }>): Promise<AppendAnswer> {
  if (step.do !== 'append') return log.appender[step.do](step.stream, step.expected);
  const isMetadata = step.stream.startsWith('$$');
  const events = step.ids.map((n) =>
    isMetadata ? proposed(idOf(n), metadataJson(step.body), '$metadata') : proposed(idOf(n)),
  );
  return log.appender.append({ stream: step.stream, expected: step.expected, events });
}

function performReference(reference: Reference, step: Exclude<Step, { do: 'refuse' }>): Outcome {
  if (step.do !== 'append') return reference.end(step.stream, step.expected, step.do === 'tombstone');
  const isMetadata = step.stream.startsWith('$$');
  const entries = step.ids.map((n) => ({ id: idOf(n), ...(isMetadata ? { metadata: step.body } : {}) }));
  return reference.append(step.stream, step.expected, entries);
}

const revisionOf = (revision: number): number => (revision === Infinity ? TOMBSTONE_REVISION : revision);

async function everything(log: EventLog, direction: 'forwards' | 'backwards'): Promise<RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for (;;) {
    const last = all.at(-1)?.position;
    const page =
      direction === 'forwards' ? log.reader.allAfter(last ?? 0, 2) : log.reader.allBefore(last ?? Infinity, 2);
    const events = await page;
    if (events.length === 0) return all;
    all.push(...events);
  }
}

async function visible(log: EventLog, stream: string): Promise<string[] | 'not-found' | 'deleted'> {
  const view = await log.reader.view(stream);
  if (view.tombstoned) return 'deleted';
  if (view.last < 0 || view.softDeleted) return 'not-found';
  const ids: string[] = [];
  for (let first = 0; ;) {
    const range = { direction: 'forwards', first, last: view.last, limit: 2 } as const;
    const page = await log.reader.stream(stream, view, range);
    const end = page.at(-1);
    if (!end) return ids;
    ids.push(...page.map(({ id }) => id));
    first = end.revision + 1;
  }
}

describe('The log', () => {
  it.each([
    ['that remembers', DEFAULT_LIMITS],
    ['that forgets', FORGETFUL],
  ])(
    '%s answers and holds what the reference does, whatever is done to it',
    async (_, limits) => {
      await fc.assert(
        fc.asyncProperty(fc.array(aStep, { maxLength: 30 }), async (steps) => {
          const { log, storage } = await open({ limits });
          const reference = new Reference();
          for (const step of steps) {
            if (step.do === 'refuse') {
              storage.plan.push('refuse');
              continue;
            }
            const before = [...reference.log];
            const expected = performReference(reference, step);
            const planned = storage.plan.length;
            const answer = await perform(log, step).catch((error: unknown) => error);
            if (answer instanceof AppendRefused) {
              expect(storage.plan.length).toBe(planned - 1);
              reference.log = before;
              continue;
            }
            const { kind } = expected;
            if (kind === 'written') expect(answer).toMatchObject({ kind, revision: revisionOf(expected.revision) });
            else expect(answer).toEqual(expected);
          }
          const all = await everything(log, 'forwards');
          expect(all.map(({ stream, revision }) => [stream, revision])).toEqual(
            reference.log.map(({ stream, revision }) => [stream, revisionOf(revision)]),
          );
          expect((await everything(log, 'backwards')).reverse()).toEqual(all);
          for (const [index, event] of all.entries()) {
            expect(event.position).toBeGreaterThan(all[index - 1]?.position ?? 0);
            expect(event.created).toBeGreaterThanOrEqual(all[index - 1]?.created ?? 0);
          }
          for (const stream of ['a', 'b']) expect(await visible(log, stream)).toEqual(reference.visible(stream));
        }),
        { numRuns: 500 },
      );
    },
    60_000,
  );

  it('holds the same after it was opened again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { maxLength: 20 }), fc.array(aStep, { maxLength: 20 }), async (past, later) => {
        const first = await open();
        const again = await open({ storage: first.storage });
        const reference = new Reference();
        const run = async (log: EventLog, steps: readonly Step[]): Promise<void> => {
          for (const step of steps) {
            if (step.do === 'refuse') continue;
            const expected = performReference(reference, step);
            const { kind } = expected;
            const wanted = kind === 'written' ? { kind, revision: revisionOf(expected.revision) } : expected;
            expect(await perform(log, step)).toMatchObject(wanted);
          }
        };
        await run(first.log, past);
        const reopened = await open({ storage: first.storage });
        await run(reopened.log, later);
        expect(again.log.position).toBe(0);
        expect(await everything(reopened.log, 'forwards')).toHaveLength(reference.log.length);
      }),
      { numRuns: 200 },
    );
  });

  const append = (log: EventLog, stream: string, n: number, expected: ExpectedRevision = 'any') =>
    log.appender.append({ stream, expected, events: [proposed(idOf(n))] });

  it('lets appends that wait together share a transaction', async () => {
    const { log, storage } = await open();
    await Promise.all(Array.from({ length: 100 }, (_, n) => append(log, `s${n % 7}`, n)));
    expect(storage.batches.length).toBeLessThan(5);
    expect(storage.batches.flat()).toHaveLength(100);
  });

  it('checks against what is accepted, not only against what is written', async () => {
    const { log, storage } = await open();
    let release: () => void = () => {};
    storage.gate = new Promise((resolve) => (release = resolve));
    const answers = Promise.all([append(log, 's', 1, 'no_stream'), append(log, 's', 2, 0n), append(log, 's', 3, 0n)]);
    release();
    const [first, second, third] = await answers;
    expect([first, second]).toMatchObject([{ revision: 0 }, { revision: 1 }]);
    expect(third).toEqual({ kind: 'wrong-version', current: 1 });
  });

  it('shows nothing before it is durable', async () => {
    const { log, storage, reader } = await open();
    await append(log, 's', 1);
    let release: () => void = () => {};
    storage.gate = new Promise((resolve) => (release = resolve));
    const answer = append(log, 's', 2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await everything(log, 'forwards')).toHaveLength(1);
    expect((await reader.view('s')).last).toBe(0);
    release();
    await answer;
    expect(await everything(log, 'forwards')).toHaveLength(2);
  });

  it('tells nobody of an event that may still be undone, not even by a refusal', async () => {
    const { log, storage } = await open();
    storage.plan.push('refuse');
    const [first, second] = await Promise.allSettled([
      append(log, 's', 1, 'no_stream'),
      append(log, 's', 2, 'no_stream'),
    ]);
    expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
    await expect(append(log, 's', 2, 'no_stream')).resolves.toMatchObject({ kind: 'written', revision: 0 });
  });

  it('answers a repetition only when the first is durable, and refuses it when the first is refused', async () => {
    const { log, storage } = await open();
    await append(log, 's', 0);
    storage.plan.push('refuse');
    const [first, again] = await Promise.allSettled([append(log, 's', 1), append(log, 's', 1)]);
    expect([first.status, again.status]).toEqual(['rejected', 'rejected']);
    await expect(append(log, 's', 1)).resolves.toMatchObject({ kind: 'written', revision: 1 });
  });

  it('refuses with a batch what was checked against it, and goes on', async () => {
    const { log, storage } = await open();
    let release: () => void = () => {};
    storage.gate = new Promise((resolve) => (release = resolve));
    storage.plan.push('refuse');
    const first = append(log, 's', 1, 'no_stream');
    await new Promise((resolve) => setImmediate(resolve));
    const second = append(log, 's', 2, 0n);
    release();
    await expect(first).rejects.toThrow(AppendRefused);
    await expect(second).rejects.toThrow(AppendRefused);
    await expect(append(log, 's', 1, 'no_stream')).resolves.toMatchObject({ revision: 0 });
  });

  it.each(['lose before', 'lose after'] as const)(
    'accepts nothing more once an outcome is unknown: %s',
    async (fate) => {
      const { log, storage, fatal } = await open();
      storage.plan.push(fate);
      await expect(append(log, 's', 1)).rejects.toThrow(OutcomeUnknown);
      await expect(append(log, 's', 2)).rejects.toThrow(OutcomeUnknown);
      expect(fatal).toHaveLength(1);
      expect(log.available).toBe(false);
      const next = await open({ storage });
      await expect(append(next.log, 's', 1, 'no_stream')).resolves.toMatchObject({ kind: 'written', revision: 0 });
      expect(await everything(next.log, 'forwards')).toHaveLength(1);
    },
  );

  it('never lets time go backwards', async () => {
    const times = [1000, 500, 2000, 1];
    const { log } = await open({ now: () => times.shift() ?? 0 });
    for (const n of [1, 2, 3, 4]) await append(log, 's', n);
    expect((await everything(log, 'forwards')).map(({ created }) => created)).toEqual([1000, 1000, 2000, 2000]);
  });

  it('wakes a waiting reader once, and only for its stream', async () => {
    const { log } = await open();
    const woken: string[] = [];
    log.wakeups.wait('s', () => woken.push('s'));
    log.wakeups.wait('t', () => woken.push('t'));
    log.wakeups.wait(undefined, () => woken.push('all'));
    const giveUp = log.wakeups.wait('s', () => woken.push('nobody'));
    giveUp();
    await append(log, 's', 1);
    await append(log, 's', 2);
    expect(woken).toEqual(['s', 'all']);
    expect(log.wakeups.size).toBe(1);
  });
});
