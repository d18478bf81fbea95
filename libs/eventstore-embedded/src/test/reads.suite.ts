import {
  binaryEvent,
  StreamDeletedError,
  StreamNotFoundError,
  type AllStreamResolvedEvent,
  type Position,
} from '@eventstore/db-client';
import { anEvent, aStream, becomes, errorOf, events, gather, numbers, revisions, type Fixture } from './fixture';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const BACKWARDS = { direction: 'backwards' } as const;

export function readSuite(fixture: Fixture): void {
  const written = async (count: number): Promise<string> => {
    const stream = aStream();
    await fixture.client.appendToStream(stream, events(count));
    return stream;
  };

  describe('a stream', () => {
    const read = async (stream: string, options: object = {}): Promise<number[]> =>
      revisions(await gather(fixture.client.readStream(stream, options)));

    it('forwards: from the start, from a revision, from the end', async () => {
      const stream = await written(10);
      expect(await read(stream)).toEqual(upTo(10));
      expect(await read(stream, { fromRevision: 7n })).toEqual([7, 8, 9]);
      expect(await read(stream, { fromRevision: 10n })).toEqual([]);
      expect(await read(stream, { fromRevision: 2n ** 64n - 1n })).toEqual([]);
      expect(await read(stream, { fromRevision: 'end' })).toEqual([]);
      expect(await read(stream, { maxCount: 3 })).toEqual([0, 1, 2]);
      expect(await read(stream, { fromRevision: 4n, maxCount: 2 })).toEqual([4, 5]);
    });

    it('backwards: from the end, from a revision, from the start', async () => {
      const stream = await written(10);
      expect(await read(stream, { ...BACKWARDS, fromRevision: 'end' })).toEqual(upTo(10).reverse());
      expect(await read(stream, { ...BACKWARDS, fromRevision: 2n })).toEqual([2, 1, 0]);
      expect(await read(stream, { ...BACKWARDS, fromRevision: 'start' })).toEqual([0]);
      expect(await read(stream, { ...BACKWARDS, fromRevision: 99n, maxCount: 1 })).toEqual([9]);
      expect(await read(stream, { ...BACKWARDS, fromRevision: 'end', maxCount: 3 })).toEqual([9, 8, 7]);
    });

    it('longer than a page, both ways', async () => {
      const stream = aStream();
      for (let n = 0; n < 5; n += 1) await fixture.client.appendToStream(stream, events(500));
      expect(await read(stream)).toEqual(upTo(2500));
      expect(await read(stream, { ...BACKWARDS, fromRevision: 'end' })).toEqual(upTo(2500).reverse());
    });

    it('of large events, in pages of bounded bytes', async () => {
      const stream = aStream();
      const data = Buffer.alloc(900_000, 7);
      for (let n = 0; n < 6; n += 1) {
        await fixture.client.appendToStream(stream, binaryEvent({ type: 'large', data }));
      }
      expect(await read(stream)).toEqual(upTo(6));
      expect(await read(stream, { ...BACKWARDS, fromRevision: 'end' })).toEqual(upTo(6).reverse());
    });

    it('that does not exist, or is deleted', async () => {
      const missing = aStream();
      expect((await errorOf(read(missing), StreamNotFoundError)).streamName).toBe(missing);
      const deleted = await written(3);
      await fixture.client.deleteStream(deleted);
      await errorOf(read(deleted, { ...BACKWARDS, fromRevision: 'end' }), StreamNotFoundError);
      const dead = await written(3);
      await fixture.client.tombstoneStream(dead);
      expect((await errorOf(read(dead), StreamDeletedError)).streamName).toBe(dead);
    });

    it('with a name beyond ASCII', async () => {
      const stream = `${aStream()}-größe-漢字`;
      await fixture.client.appendToStream(stream, anEvent(1, 'тип'));
      const [resolved] = await gather(fixture.client.readStream(stream));
      expect(resolved?.event).toMatchObject({ streamId: stream, type: 'тип' });
      await fixture.client.tombstoneStream(stream);
      await errorOf(read(stream), StreamDeletedError);
    });

    it('tells the position of each event, and it is the one in $all', async () => {
      const stream = await written(3);
      const read = await gather(fixture.client.readStream(stream));
      for (const { event, commitPosition } of read) {
        expect(event?.position).toEqual({ commit: commitPosition, prepare: commitPosition });
        const fromPosition = event?.position as Position;
        const [same] = await gather(fixture.client.readAll({ fromPosition, maxCount: 1 }));
        expect(same?.event?.id).toBe(event?.id);
      }
    });

    it('stops when its reader stops', async () => {
      const stream = await written(900);
      const before = fixture.store.stats().openCalls;
      const reading = fixture.client.readStream(stream);
      const [first] = await gather(reading, 1);
      expect(first?.event?.revision).toBe(0n);
      await reading.cancel();
      await becomes(() => fixture.store.stats().openCalls <= before);
    });
  });

  describe('$all', () => {
    const idsOf = (read: readonly AllStreamResolvedEvent[]): string[] => read.map(({ event }) => event?.id ?? '');

    it('is in the order of commits, and its positions are sparse and above 0', async () => {
      const streams = await Promise.all(upTo(10).map(() => written(5)));
      const all = await gather(fixture.client.readAll());
      const positions = all.map(({ commitPosition }) => Number(commitPosition));
      expect(positions[0]).toBeGreaterThan(0);
      for (const [index, position] of positions.entries()) {
        if (index > 0) expect(position).toBeGreaterThan((positions[index - 1] ?? 0) + 1);
      }
      for (const stream of streams) {
        const own = all.filter(({ event }) => event?.streamId === stream);
        expect(revisions(own)).toEqual(upTo(5));
      }
    });

    it('includes the position it reads from forwards, and excludes it backwards', async () => {
      const stream = await written(3);
      const [first, second, third] = await gather(fixture.client.readStream(stream));
      const fromPosition = second?.event?.position as Position;
      const forwards = await gather(fixture.client.readAll({ fromPosition, maxCount: 2 }));
      expect(idsOf(forwards)).toEqual([second?.event?.id, third?.event?.id]);
      const backwards = await gather(fixture.client.readAll({ fromPosition, maxCount: 1, ...BACKWARDS }));
      expect(idsOf(backwards)).toEqual([first?.event?.id]);
    });

    it('has nothing before its start and nothing after its end', async () => {
      const stream = await written(2);
      expect(await gather(fixture.client.readAll({ fromPosition: 'end' }))).toEqual([]);
      expect(await gather(fixture.client.readAll({ fromPosition: 'start', ...BACKWARDS }))).toEqual([]);
      const tail = await gather(fixture.client.readAll({ fromPosition: 'end', maxCount: 2, ...BACKWARDS }));
      expect(tail.map(({ event }) => event?.streamId)).toEqual([stream, stream]);
      expect(numbers(tail)).toEqual([1, 0]);
      const beyond = { commit: 2n ** 62n, prepare: 2n ** 62n };
      expect(await gather(fixture.client.readAll({ fromPosition: beyond }))).toEqual([]);
    });

    it('is the same from both ends', async () => {
      await written(1500);
      const forwards = await gather(fixture.client.readAll());
      const backwards = await gather(fixture.client.readAll({ fromPosition: 'end', ...BACKWARDS }));
      expect(idsOf(backwards).reverse()).toEqual(idsOf(forwards));
    });

    it('shows metadata and tombstones, and hides what a server keeps for itself', async () => {
      const stream = await written(1);
      await fixture.client.setStreamMetadata(stream, { maxCount: 2 });
      await fixture.client.tombstoneStream(stream);
      await fixture.client.appendToStream('$persistentsubscription-$all::g-checkpoint', anEvent());
      await fixture.client.appendToStream('$epoch-information', anEvent());
      const all = await gather(fixture.client.readAll());
      const own = all.filter(({ event }) => event?.streamId.includes(stream));
      expect(own.map(({ event }) => event?.type)).toEqual(['counted', '$metadata', '$streamDeleted']);
      expect(all.some(({ event }) => /persistentsubscription|epoch/.test(event?.streamId ?? ''))).toBe(false);
    });
  });

  describe('links', () => {
    const link = (data: string) => binaryEvent({ type: '$>', data: Buffer.from(data) });

    it('are followed when asked, also in $all', async () => {
      const target = await written(3);
      const stream = aStream();
      await fixture.client.appendToStream(stream, link(`2@${target}`));
      const [plain] = await gather(fixture.client.readStream(stream));
      expect(plain).toMatchObject({ event: { type: '$>' } });
      expect(plain?.link).toBeUndefined();
      const [resolved] = await gather(fixture.client.readStream(stream, { resolveLinkTos: true }));
      expect(resolved).toMatchObject({ event: { streamId: target, revision: 2n }, link: { streamId: stream } });
      expect(resolved?.commitPosition).toBe(resolved?.link?.position?.commit);
      const fromPosition = resolved?.link?.position as Position;
      const [inAll] = await gather(fixture.client.readAll({ fromPosition, resolveLinkTos: true, maxCount: 1 }));
      expect(inAll?.event?.id).toBe(resolved?.event?.id);
    });

    it('to what is gone stand alone', async () => {
      const [deleted, truncated, dead] = [await written(2), await written(2), await written(2)];
      await fixture.client.deleteStream(deleted);
      await fixture.client.setStreamMetadata(truncated, { truncateBefore: 1 });
      await fixture.client.tombstoneStream(dead);
      const stream = aStream();
      const targets = [`0@${deleted}`, `0@${truncated}`, `0@${dead}`, '0@nobody', 'nonsense', `1@${truncated}`];
      await fixture.client.appendToStream(stream, targets.map(link));
      const read = await gather(fixture.client.readStream(stream, { resolveLinkTos: true }));
      expect(read.slice(0, 4).every(({ event, link }) => event === undefined && link?.type === '$>')).toBe(true);
      expect(read[4]).toMatchObject({ event: { type: '$>' } });
      expect(read[5]).toMatchObject({ event: { streamId: truncated, revision: 1n }, link: { type: '$>' } });
    });
  });
}
