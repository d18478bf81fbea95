import { randomUUID } from 'node:crypto';
import {
  binaryEvent,
  DeadlineExceededError,
  EventStoreDBClient,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  UnknownError,
  WrongExpectedVersionError,
  type AppendExpectedRevision,
  type AppendResult,
  type JSONEventData,
} from '@eventstore/db-client';
import { anEvent, aStream, errorOf, events, gather, numbers, revisions, type Fixture } from './fixture';

/** Both ways to append: the multiplexed stream, and the classic call that per-call credentials select. */
const WAYS = [
  ['batch append', {}],
  ['classic append', { credentials: { username: 'nobody', password: 'cares' } }],
] as const;

export function appendSuite(fixture: Fixture): void {
  describe.each(WAYS)('%s', (_, way) => {
    const append = (stream: string, what: JSONEventData | JSONEventData[], expectedRevision: AppendExpectedRevision) =>
      fixture.client.appendToStream(stream, what, { expectedRevision, ...way });
    const refused = async (stream: string, expected: AppendExpectedRevision) =>
      errorOf(append(stream, anEvent(), expected), WrongExpectedVersionError);

    it('answers the revision and the position of the last event', async () => {
      const stream = aStream();
      const first = await append(stream, events(3), 'any');
      const second = await append(stream, anEvent(), 'any');
      expect([first.nextExpectedRevision, second.nextExpectedRevision]).toEqual([2n, 3n]);
      const read = await gather(fixture.client.readStream(stream));
      expect(read[2]?.event?.position).toEqual(first.position);
      expect(read[3]?.event?.position).toEqual(second.position);
    });

    it('keeps what it is given: JSON, bytes, metadata of both kinds, and the time', async () => {
      const stream = aStream();
      const before = Date.now();
      const bytes = Buffer.from([0, 255, 128, 10]);
      await append(stream, anEvent(7), 'no_stream');
      const raw = binaryEvent({ type: 'raw', data: bytes, metadata: Buffer.from('not json') });
      await fixture.client.appendToStream(stream, raw, way);
      await fixture.client.appendToStream(stream, binaryEvent({ type: 'empty', data: Buffer.alloc(0) }), way);
      const [json, binary, empty] = (await gather(fixture.client.readStream(stream))).map(({ event }) => event);
      expect(json).toMatchObject({ type: 'counted', isJson: true, data: { n: 7 }, metadata: { by: 'spec' } });
      expect(binary).toMatchObject({ type: 'raw', isJson: false, streamId: stream });
      expect(Buffer.from(binary?.data as Uint8Array)).toEqual(bytes);
      expect(Buffer.from(binary?.metadata as Uint8Array).toString()).toBe('not json');
      expect((empty?.data as Uint8Array).length).toBe(0);
      expect(empty?.metadata).toBeUndefined();
      expect(Number(json?.created)).toBeGreaterThanOrEqual(before);
    });

    it('expects no stream', async () => {
      const stream = aStream();
      await append(stream, events(2), 'no_stream');
      const error = await refused(stream, 'no_stream');
      expect(error).toMatchObject({ streamName: stream, expectedVersion: 'no_stream', actualVersion: 1n });
    });

    it('expects a stream to exist', async () => {
      const stream = aStream();
      const error = await refused(stream, 'stream_exists');
      expect(error).toMatchObject({ expectedVersion: 'stream_exists', actualVersion: 'no_stream' });
      await append(stream, anEvent(), 'any');
      await expect(append(stream, anEvent(), 'stream_exists')).resolves.toMatchObject({ nextExpectedRevision: 1n });
    });

    it('takes metadata for a stream that exists', async () => {
      const stream = aStream();
      await fixture.client.setStreamMetadata(stream, { maxCount: 5 });
      await expect(append(stream, anEvent(), 'stream_exists')).resolves.toMatchObject({ nextExpectedRevision: 0n });
    });

    it('expects an exact revision', async () => {
      const stream = aStream();
      expect(await refused(stream, 0n)).toMatchObject({ expectedVersion: 0n, actualVersion: 'no_stream' });
      await append(stream, events(3), 'any');
      expect(await refused(stream, 1n)).toMatchObject({ expectedVersion: 1n, actualVersion: 2n });
      expect(await refused(stream, 9n)).toMatchObject({ expectedVersion: 9n, actualVersion: 2n });
      const huge = 2n ** 63n;
      expect(await refused(stream, huge)).toMatchObject({ expectedVersion: huge, actualVersion: 2n });
      await expect(append(stream, anEvent(), 2n)).resolves.toMatchObject({ nextExpectedRevision: 3n });
    });

    it.each(['any', 'stream_exists', 'no_stream', 1n] as const)('is idempotent by event id: %s', async (expected) => {
      const stream = aStream();
      if (expected !== 'no_stream') await append(stream, events(2), 'any');
      const batch = events(3);
      const first = await append(stream, batch, expected);
      await append(stream, anEvent(), 'any');
      const again = await append(stream, batch, expected);
      expect(again).toEqual(first);
      const part = await append(stream, batch.slice(0, 2), expected);
      expect(part.nextExpectedRevision).toBe(first.nextExpectedRevision - 1n);
      const read = await gather(fixture.client.readStream(stream));
      expect(read).toHaveLength(expected === 'no_stream' ? 4 : 6);
    });

    it.each(['any', 'no_stream'] as const)('refuses a batch that repeats and goes on: %s', async (expected) => {
      const stream = aStream();
      const batch = events(2);
      await append(stream, batch, expected);
      await errorOf(append(stream, [...batch, anEvent()], expected), WrongExpectedVersionError);
    });

    it('tells a repeated id in another stream from a repetition', async () => {
      const event = anEvent();
      const [one, two] = [aStream(), aStream()];
      await append(one, event, 'any');
      await expect(append(two, event, 'any')).resolves.toMatchObject({ nextExpectedRevision: 0n });
      expect(revisions(await gather(fixture.client.readStream(two)))).toEqual([0]);
    });

    it('answers the present revision when there is nothing to append', async () => {
      const stream = aStream();
      await append(stream, events(2), 'any');
      await expect(append(stream, [], 1n)).resolves.toMatchObject({ nextExpectedRevision: 1n });
      await errorOf(append(stream, [], 0n), WrongExpectedVersionError);
      expect(await gather(fixture.client.readStream(stream))).toHaveLength(2);
    });

    it('refuses more than 1 MiB at once, and says how much it takes', async () => {
      const stream = aStream();
      const big = { ...anEvent(), data: { text: 'x'.repeat(600_000) } };
      await append(stream, big, 'any');
      const error = await errorOf(
        append(
          stream,
          [
            { ...big, id: randomUUID() },
            { ...big, id: randomUUID() },
          ],
          'any',
        ),
        MaxAppendSizeExceededError,
      );
      expect(error.maxAppendSize).toBe(1024 * 1024);
      expect(await gather(fixture.client.readStream(stream))).toHaveLength(1);
    });

    it('says that a stream was deleted for ever', async () => {
      const stream = aStream();
      await append(stream, anEvent(), 'any');
      await fixture.client.tombstoneStream(stream);
      for (const expected of ['any', 'no_stream', 'stream_exists', 0n] as const) {
        const error = await errorOf(append(stream, anEvent(), expected), StreamDeletedError);
        expect(error.streamName).toBe(stream);
      }
    });

    it('refuses what an event cannot do without', async () => {
      await errorOf(append(aStream(), anEvent(0, ''), 'any'), way === WAYS[0][1] ? UnknownError : Error);
      await errorOf(append(aStream(), { ...anEvent(), id: 'no-uuid' }, 'any'), UnknownError);
      await errorOf(append('$all', anEvent(), 'any'), UnknownError);
      await errorOf(append('x'.repeat(5000), anEvent(), 'any'), UnknownError);
    });

    it('lets exactly one of many win a revision', async () => {
      const stream = aStream();
      await append(stream, anEvent(), 'any');
      const race = Array.from({ length: 20 }, (_, n) => append(stream, anEvent(n), 0n));
      const outcomes = await Promise.allSettled(race);
      const won = outcomes.filter(({ status }) => status === 'fulfilled');
      expect(won).toHaveLength(1);
      expect((won[0] as PromiseFulfilledResult<AppendResult>).value.nextExpectedRevision).toBe(1n);
      expect(await gather(fixture.client.readStream(stream))).toHaveLength(2);
    });
  });

  it('keeps the order of appends that do not wait for one another', async () => {
    const stream = aStream();
    await Promise.all(Array.from({ length: 200 }, (_, n) => fixture.client.appendToStream(stream, anEvent(n))));
    expect(numbers(await gather(fixture.client.readStream(stream)))).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('answers a repetition of an append that is still under way with its place', async () => {
    const stream = aStream();
    const event = anEvent();
    const answers = await Promise.all(Array.from({ length: 5 }, () => fixture.client.appendToStream(stream, event)));
    expect(new Set(answers.map(({ position }) => position?.commit)).size).toBe(1);
    expect(await gather(fixture.client.readStream(stream))).toHaveLength(1);
  });

  it('answers ten thousand appends that come at once, each once', async () => {
    const stream = aStream();
    const answers = await Promise.all(
      // All of them wait from the first moment: longer than the client's usual ten seconds, on a slow machine.
      Array.from({ length: 10_000 }, (_, n) =>
        fixture.client.appendToStream(stream, anEvent(n), { deadline: 200_000 }),
      ),
    );
    expect(new Set(answers.map(({ nextExpectedRevision }) => nextExpectedRevision)).size).toBe(10_000);
  });

  it('puts an append together from the parts that the client cuts it into', async () => {
    const stream = aStream();
    const answer = await fixture.client.appendToStream(stream, events(200), { batchAppendSize: 2048 });
    expect(answer.nextExpectedRevision).toBe(199n);
    const read = await gather(fixture.client.readStream(stream));
    expect(numbers(read)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('answers an append in many parts that is refused early only once', async () => {
    const big = Array.from({ length: 40 }, () => ({ ...anEvent(), data: { text: 'x'.repeat(100_000) } }));
    const options = { batchAppendSize: 150_000 };
    await errorOf(fixture.client.appendToStream(aStream(), big, options), MaxAppendSizeExceededError);
    await expect(fixture.client.appendToStream(aStream(), anEvent())).resolves.toMatchObject({ success: true });
  });

  it('refuses an append whose deadline is over', async () => {
    const stream = aStream();
    await errorOf(fixture.client.appendToStream(stream, events(1000), { deadline: -1000 }), DeadlineExceededError);
    await expect(fixture.client.appendToStream(stream, anEvent())).resolves.toMatchObject({ nextExpectedRevision: 0n });
  });

  it('answers instead of throwing where the client wants that', async () => {
    const { connectionString } = fixture.store;
    const client = EventStoreDBClient.connectionString`${connectionString}&throwOnAppendFailure=false`;
    const stream = aStream();
    await client.appendToStream(stream, anEvent());
    const answer = await client.appendToStream(stream, anEvent(), { expectedRevision: 7n });
    expect(answer.success).toBe(false);
    await client.dispose();
  });
}
