import { randomUUID } from 'node:crypto';
import type { Recorded } from '@solyx/kernel';
import { WrongExpectedRevision, type EventLog } from '@solyx/eventing';
import { eventually } from '../eventually';
import {
  gather,
  invalidEvent,
  readBack,
  sampleEvent,
  sampleEvents,
  sampleMetadata,
  sampleStream,
} from './sample-events';

export interface OpenLog {
  readonly log: EventLog;
  close(): Promise<void>;
}

/** What every adapter of the log must do. Streams are new in each test, so that any store may be shared. */
export function describeEventLog(name: string, open: () => Promise<OpenLog>): void {
  describe(`the log: ${name}`, () => {
    let opened: OpenLog;
    let log: EventLog;
    beforeAll(async () => {
      opened = await open();
      log = opened.log;
    });
    afterAll(async () => opened.close());

    appendsAndReads(() => log);
    guardsRevisions(() => log);
    readsAll(() => log);
    subscribes(() => log);
    refusesInvalid(() => log);
  });
}

function appendsAndReads(log: () => EventLog): void {
  describe('append and read', () => {
    it('gives back what was stored', async () => {
      const stream = sampleStream();
      const event = { ...sampleEvent(), data: { jobId: 'jöb „1“ 🚀', attempt: 3, at: '2026-01-01T00:00:00.000Z' } };
      const appended = await log().append(stream, [event], 'no_stream');
      const [found] = await gather(log().readStream(stream));
      expect(found).toEqual({
        id: event.id,
        type: 'cmo.job.running',
        data: event.data,
        stream,
        revision: 0n,
        position: appended.position,
        recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        metadata: sampleMetadata,
      });
    });

    it('numbers events of a stream from 0 without gaps, and places them ever further in the log', async () => {
      const stream = sampleStream();
      const first = await log().append(stream, sampleEvents(3), 'no_stream');
      const second = await log().append(stream, sampleEvents(2), 2n);
      const found = await gather(log().readStream(stream));
      expect(found.map(({ revision }) => revision)).toEqual([0n, 1n, 2n, 3n, 4n]);
      expect(first).toEqual({ revision: 2n, position: found[2]?.position });
      expect(second).toEqual({ revision: 4n, position: found[4]?.position });
      const positions = found.map(({ position }) => position);
      expect([...positions].sort((a, b) => (a < b ? -1 : 1))).toEqual(positions);
      expect(new Set(positions).size).toBe(5);
    });

    it('reads from a revision, backwards, and only so many; a missing stream is empty', async () => {
      const stream = sampleStream();
      await log().append(stream, sampleEvents(5), 'no_stream');
      const revisions = async (options: Parameters<EventLog['readStream']>[1]) =>
        (await gather(log().readStream(stream, options))).map(({ revision }) => Number(revision));
      expect(await revisions({ from: 3n })).toEqual([3, 4]);
      expect(await revisions({ from: 9n })).toEqual([]);
      expect(await revisions({ limit: 2 })).toEqual([0, 1]);
      expect(await revisions({ direction: 'backwards', limit: 2 })).toEqual([4, 3]);
      expect(await revisions({ direction: 'backwards', from: 2n })).toEqual([2, 1, 0]);
      expect(await gather(log().readStream(sampleStream()))).toEqual([]);
    });

    it('takes 256 events, and events of 60 KiB', async () => {
      const stream = sampleStream();
      expect(await log().append(stream, sampleEvents(256), 'no_stream')).toMatchObject({ revision: 255n });
      const large = { ...sampleEvent(), type: 'cmo.sample.large', data: { text: 'x'.repeat(60 * 1024) } };
      await log().append(stream, [large], 255n);
      const [found] = await gather(log().readStream(stream, { from: 256n }));
      expect(found?.data).toEqual(large.data);
    });
  });
}

function guardsRevisions(log: () => EventLog): void {
  describe('expected revision', () => {
    it('refuses an append to a stream that moved, telling where it is', async () => {
      const stream = sampleStream();
      await expect(log().append(stream, [sampleEvent()], 0n)).rejects.toMatchObject({
        name: 'WrongExpectedRevision',
        actual: -1n,
      });
      await log().append(stream, sampleEvents(2), 'no_stream');
      await expect(log().append(stream, [sampleEvent()], 'no_stream')).rejects.toMatchObject({ actual: 1n });
      await expect(log().append(stream, [sampleEvent()], 0n)).rejects.toThrow(WrongExpectedRevision);
      await expect(log().append(stream, [sampleEvent()], 7n)).rejects.toMatchObject({ stream, expected: 7n });
      await expect(log().append(stream, [sampleEvent()], 'any')).resolves.toMatchObject({ revision: 2n });
    });

    it('lets one of many win', async () => {
      const stream = sampleStream();
      const tried = await Promise.allSettled(
        Array.from({ length: 20 }, () => log().append(stream, [sampleEvent()], 'no_stream')),
      );
      expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await readBack(log(), stream)).toHaveLength(1);
    });

    it('takes a repeated append for the same append', async () => {
      const stream = sampleStream();
      const first = sampleEvents(2);
      const second = sampleEvents(3);
      const appended = await log().append(stream, first, 'no_stream');
      const later = await log().append(stream, second, 1n);
      expect(await log().append(stream, first, 'no_stream')).toEqual(appended);
      expect(await log().append(stream, second, 1n)).toEqual(later);
      expect(await log().append(stream, second, 'any')).toEqual(later);
      expect(await readBack(log(), stream)).toEqual([...first, ...second].map(({ id }) => id));
    });

    it('refuses an append that repeats only in part', async () => {
      const stream = sampleStream();
      const [one, two] = sampleEvents(2);
      await log().append(stream, [one!], 'no_stream');
      await expect(log().append(stream, [one!, two!], 'no_stream')).rejects.toThrow(WrongExpectedRevision);
      await expect(log().append(stream, [one!, two!], 'any')).rejects.toThrow(WrongExpectedRevision);
      expect(await readBack(log(), stream)).toEqual([one!.id]);
    });
  });
}

function readsAll(log: () => EventLog): void {
  describe('the whole log', () => {
    it('is read between positions, by prefixes, both ways, and only so far', async () => {
      const start = await log().head();
      const cmo = sampleStream();
      const drm = sampleStream('drm');
      const { position: first } = await log().append(cmo, [sampleEvent(1)], 'no_stream');
      const { position: second } = await log().append(drm, [sampleEvent(2)], 'no_stream');
      await log().append(`other-${randomUUID()}`, [sampleEvent(9)], 'no_stream');
      const { position: third } = await log().append(cmo, [sampleEvent(3)], 0n);
      const attempts = async (options: Parameters<EventLog['readAll']>[0]) =>
        (await gather(log().readAll(options))).map(({ data }) => (data as { attempt: number }).attempt);
      expect(await attempts({ after: start })).toEqual([1, 2, 3]);
      expect(await attempts({ after: first })).toEqual([2, 3]);
      expect(await attempts({ after: start, until: second })).toEqual([1, 2]);
      expect(await attempts({ after: start, prefixes: ['cmo.'] })).toEqual([1, 3]);
      expect(await attempts({ after: start, prefixes: ['cmo.', 'drm.'], limit: 2 })).toEqual([1, 2]);
      expect(await attempts({ after: third })).toEqual([]);
      expect(await attempts({ direction: 'backwards', limit: 3 })).toEqual([3, 2, 1]);
      expect(await attempts({ direction: 'backwards', after: third, limit: 1, prefixes: ['cmo.'] })).toEqual([1]);
      expect(await log().head()).toBe(third);
    });
  });
}

function subscribes(log: () => EventLog): void {
  describe('subscriptions', () => {
    it('give the past and then what happens, in order and once, from a position on', async () => {
      const after = await log().head();
      const stream = sampleStream();
      await log().append(stream, sampleEvents(40), 'no_stream');
      const seen: Recorded[] = [];
      let caughtUp = 0;
      const subscription = await log().subscribe({
        after,
        prefixes: [stream],
        onEvent: (event) => void seen.push(event),
        onCaughtUp: () => (caughtUp += 1),
      });
      await eventually(() => expect(caughtUp).toBeGreaterThan(0));
      for (let i = 0; i < 20; i += 1) await log().append(stream, sampleEvents(3), BigInt(39 + 3 * i));
      await eventually(() => expect(seen).toHaveLength(100));
      expect(seen).toEqual(await gather(log().readStream(stream)));
      await subscription.close();
      const resumed: Recorded[] = [];
      const second = await log().subscribe({
        after: seen[59]!.position,
        prefixes: [stream],
        onEvent: (event) => void resumed.push(event),
      });
      await eventually(() => expect(resumed).toEqual(seen.slice(60)));
      await second.close();
    });

    it("from 'end' on give only what is new, and nothing once closed", async () => {
      const stream = sampleStream();
      await log().append(stream, sampleEvents(3), 'no_stream');
      const seen: bigint[] = [];
      const subscription = await log().subscribe({
        after: 'end',
        prefixes: [stream],
        onEvent: ({ revision }) => void seen.push(revision),
      });
      await log().append(stream, sampleEvents(2), 2n);
      await eventually(() => expect(seen).toEqual([3n, 4n]));
      await subscription.close();
      await log().append(stream, sampleEvents(2), 4n);
      await log().append(sampleStream(), sampleEvents(1), 'no_stream');
      expect(seen).toEqual([3n, 4n]);
    });

    it('remember how far they read over events of others', async () => {
      const after = await log().head();
      let reached = -1n;
      const subscription = await log().subscribe({
        after,
        prefixes: ['sdn.'],
        onEvent: () => undefined,
        onCheckpoint: (position) => void (reached = position),
      });
      const stream = sampleStream();
      let last = { position: -1n };
      for (let i = 0; i < 4; i += 1) {
        last = await log().append(stream, sampleEvents(100), i === 0 ? 'no_stream' : BigInt(100 * i - 1));
      }
      const [middle] = await gather(log().readStream(stream, { from: 200n, limit: 1 }));
      await eventually(() => expect(reached).toBeGreaterThan(middle!.position));
      expect(reached).toBeLessThanOrEqual(last.position);
      await subscription.close();
    });

    it('give an event again where dealing with it failed, and wait for slow ones', async () => {
      const stream = sampleStream();
      await log().append(stream, sampleEvents(300), 'no_stream');
      const seen: bigint[] = [];
      let failures = 2;
      const subscription = await log().subscribe({
        prefixes: [stream],
        onEvent: async ({ revision }) => {
          await new Promise((resolve) => setImmediate(resolve));
          if (revision === 5n && (failures -= 1) >= 0) throw new Error('not now');
          seen.push(revision);
        },
      });
      await eventually(() => expect(seen).toHaveLength(300));
      expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => BigInt(i)));
      await subscription.close();
    });
  });
}

function refusesInvalid(log: () => EventLog): void {
  describe('an event that does not validate', () => {
    it('is an error that says where it lies, and is handed out only raw or to onInvalid', async () => {
      const stream = sampleStream();
      const bad = invalidEvent();
      await log().append(stream, [sampleEvent(1), bad, sampleEvent(2)], 'no_stream');
      await expect(gather(log().readStream(stream))).rejects.toMatchObject({
        code: 'Internal',
        reason: 'StoredEventInvalid',
        details: { stream, revision: '1' },
      });
      const raw = await gather(log().readAll({ prefixes: [stream], raw: true }));
      expect(raw.map(({ data }) => (data as { attempt: number }).attempt)).toEqual([1, 0, 2]);
      const seen: (string | number)[] = [];
      const subscription = await log().subscribe({
        prefixes: [stream],
        onEvent: ({ data }) => void seen.push((data as { attempt: number }).attempt),
        onInvalid: ({ id }, { reason }) => void seen.push(id, reason),
      });
      await eventually(() => expect(seen).toEqual([1, bad.id, 'StoredEventInvalid', 2]));
      await subscription.close();
    });

    it('holds up a subscription that does not say what to do with it', async () => {
      const stream = sampleStream();
      await log().append(stream, [sampleEvent(1), invalidEvent(), sampleEvent(2)], 'no_stream');
      const seen: bigint[] = [];
      const subscription = await log().subscribe({
        prefixes: [stream],
        onEvent: ({ revision }) => void seen.push(revision),
      });
      const other = sampleStream();
      const others: bigint[] = [];
      const witness = await log().subscribe({ prefixes: [other], onEvent: (e) => void others.push(e.revision) });
      await log().append(other, sampleEvents(1), 'no_stream');
      await eventually(() => expect([seen, others]).toEqual([[0n], [0n]]));
      await subscription.close();
      await witness.close();
      expect(seen).toEqual([0n]);
    });
  });
}
