import {
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
  type ExpectedRevision,
} from '@eventstore/db-client';
import { anEvent, aStream, errorOf, events, gather, revisions, type Fixture } from './fixture';

/** Metadata, truncation, soft and hard deletion. */
export function streamSuite(fixture: Fixture, now: { millis: number }): void {
  const written = async (count: number): Promise<string> => {
    const stream = aStream();
    await fixture.client.appendToStream(stream, events(count));
    return stream;
  };
  const read = async (stream: string, options: object = {}): Promise<number[]> =>
    revisions(await gather(fixture.client.readStream(stream, options)));
  const FROM_END = { direction: 'backwards', fromRevision: 'end' } as const;

  describe('metadata', () => {
    it('is kept whole: what the store knows and what it does not', async () => {
      const stream = aStream();
      expect(await fixture.client.getStreamMetadata(stream)).toEqual({ streamName: stream });
      const metadata = {
        maxCount: 3,
        maxAge: 1000,
        truncateBefore: 1,
        cacheControl: 5,
        acl: { readRoles: ['a', 'b'], writeRoles: ['c'] },
        own: { colour: 'blue' },
      };
      await fixture.client.setStreamMetadata(stream, metadata);
      const found = await fixture.client.getStreamMetadata(stream);
      expect(found.metadata).toEqual(metadata);
    });

    it('is versioned like any stream, and only its last version is read', async () => {
      const stream = aStream();
      const first = await fixture.client.setStreamMetadata(stream, { maxCount: 1 }, { expectedRevision: 'no_stream' });
      expect(first.nextExpectedRevision).toBe(0n);
      await fixture.client.setStreamMetadata(stream, { maxCount: 2 }, { expectedRevision: 0n });
      const late = fixture.client.setStreamMetadata(stream, { maxCount: 3 }, { expectedRevision: 0n });
      await errorOf(late, WrongExpectedVersionError);
      expect(await read(`$$${stream}`)).toEqual([1]);
    });

    it('$maxCount keeps the last events', async () => {
      const stream = await written(10);
      await fixture.client.setStreamMetadata(stream, { maxCount: 3 });
      expect(await read(stream)).toEqual([7, 8, 9]);
      expect(await read(stream, FROM_END)).toEqual([9, 8, 7]);
      await fixture.client.appendToStream(stream, anEvent());
      expect(await read(stream, { fromRevision: 2n })).toEqual([8, 9, 10]);
    });

    it('$tb hides what is before it', async () => {
      const stream = await written(10);
      await fixture.client.setStreamMetadata(stream, { truncateBefore: 8 });
      expect(await read(stream)).toEqual([8, 9]);
      expect(await read(stream, { ...FROM_END, fromRevision: 3n })).toEqual([]);
      await fixture.client.setStreamMetadata(stream, { truncateBefore: 100 });
      expect(await read(stream)).toEqual([]);
    });

    it('$maxAge hides what is too old', async () => {
      const stream = await written(4);
      now.millis += 60_000;
      await fixture.client.appendToStream(stream, events(2));
      await fixture.client.setStreamMetadata(stream, { maxAge: 30 });
      expect(await read(stream)).toEqual([4, 5]);
      expect(await read(stream, FROM_END)).toEqual([5, 4]);
      now.millis += 60_000;
      expect(await read(stream)).toEqual([]);
    });

    it('does not change what $all shows', async () => {
      const stream = await written(3);
      await fixture.client.setStreamMetadata(stream, { maxCount: 1 });
      const all = await gather(fixture.client.readAll());
      expect(all.filter(({ event }) => event?.streamId === stream)).toHaveLength(3);
    });
  });

  describe('a soft delete', () => {
    it.each(['any', 2n] as const)('of %s hides the stream', async (expectedRevision) => {
      const stream = await written(3);
      const { position } = await fixture.client.deleteStream(stream, { expectedRevision });
      expect(position?.commit).toBeGreaterThan(0n);
      await errorOf(read(stream), StreamNotFoundError);
    });

    it.each([0n, 5n, 'no_stream'] as const)('of another revision is refused: %s', async (expectedRevision) => {
      const stream = await written(3);
      const refusal = fixture.client.deleteStream(stream, { expectedRevision: expectedRevision as ExpectedRevision });
      const error = await errorOf(refusal, WrongExpectedVersionError);
      const expectedVersion = expectedRevision === 'no_stream' ? -1n : expectedRevision;
      expect(error).toMatchObject({ streamName: stream, expectedVersion, actualVersion: 2n });
      expect(await read(stream)).toEqual([0, 1, 2]);
    });

    it('of a stream that never was is refused, unless it has metadata', async () => {
      const stream = aStream();
      for (const expectedRevision of ['any', 'no_stream'] as const) {
        const error = await errorOf(
          fixture.client.deleteStream(stream, { expectedRevision }),
          WrongExpectedVersionError,
        );
        expect(error.actualVersion).toBe('no_stream');
      }
      await fixture.client.setStreamMetadata(stream, { cacheControl: 10 });
      await expect(fixture.client.deleteStream(stream, { expectedRevision: 'no_stream' })).resolves.toBeDefined();
    });

    it.each(['any', 'no_stream', 2n] as const)('is undone by an append, which continues: %s', async (expected) => {
      const stream = await written(3);
      await fixture.client.deleteStream(stream);
      const answer = await fixture.client.appendToStream(stream, events(2), { expectedRevision: expected });
      expect(answer.nextExpectedRevision).toBe(4n);
      expect(await read(stream)).toEqual([3, 4]);
      expect((await fixture.client.getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: 3 });
      await fixture.client.appendToStream(stream, anEvent(), { expectedRevision: 4n });
      expect(await read(stream)).toEqual([3, 4, 5]);
    });

    it('leaves no stream that exists', async () => {
      const stream = await written(3);
      await fixture.client.deleteStream(stream);
      const append = fixture.client.appendToStream(stream, anEvent(), { expectedRevision: 'stream_exists' });
      expect(await errorOf(append, WrongExpectedVersionError)).toMatchObject({ actualVersion: 2n });
    });

    it('is undone by metadata, which keeps its keys', async () => {
      const stream = await written(3);
      await fixture.client.deleteStream(stream);
      await fixture.client.setStreamMetadata(stream, { own: 'kept', maxCount: 7 });
      const { metadata } = await fixture.client.getStreamMetadata(stream);
      expect(metadata).toEqual({ own: 'kept', maxCount: 7, truncateBefore: 3 });
      expect(await read(stream)).toEqual([]);
      await fixture.client.appendToStream(stream, anEvent(), { expectedRevision: 2n });
      expect(await read(stream)).toEqual([3]);
    });
  });

  describe('a tombstone', () => {
    it.each(['any', 2n] as const)('of %s ends the stream for ever', async (expectedRevision) => {
      const stream = await written(3);
      const { position } = await fixture.client.tombstoneStream(stream, { expectedRevision });
      expect(position?.commit).toBeGreaterThan(0n);
      await errorOf(read(stream), StreamDeletedError);
      await errorOf(fixture.client.tombstoneStream(stream), StreamDeletedError);
      await errorOf(fixture.client.deleteStream(stream), StreamDeletedError);
      await errorOf(fixture.client.setStreamMetadata(stream, { maxCount: 1 }), StreamDeletedError);
      const [record] = await gather(
        fixture.client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 }),
      );
      expect(record?.event).toMatchObject({ type: '$streamDeleted', revision: 2n ** 63n - 1n, streamId: stream });
    });

    it('may be put on a stream that never was', async () => {
      const stream = aStream();
      await fixture.client.tombstoneStream(stream, { expectedRevision: 'no_stream' });
      await errorOf(read(stream), StreamDeletedError);
    });

    it.each([0n, 'no_stream'] as const)('of another revision is refused: %s', async (expectedRevision) => {
      const stream = await written(3);
      const refusal = fixture.client.tombstoneStream(stream, {
        expectedRevision: expectedRevision as ExpectedRevision,
      });
      expect(await errorOf(refusal, WrongExpectedVersionError)).toMatchObject({
        streamName: stream,
        actualVersion: 2n,
      });
    });
  });
}
