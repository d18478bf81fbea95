import {
  binaryEvent,
  eventTypeFilter,
  excludeSystemEvents,
  StreamDeletedError,
  streamNameFilter,
  UnknownError,
  type AllStreamSubscription,
  type Filter,
  type Position,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { anEvent, aStream, becomes, events, gather, numbers, revisions, type Fixture } from './fixture';

const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => from + n);

/** What a subscription says, in order, with promises for the next of each kind. */
class Listener {
  readonly heard: string[] = [];
  readonly events: ResolvedEvent[] = [];
  private wake: () => void = () => {};

  constructor(readonly subscription: AllStreamSubscription | ReturnType<Fixture['client']['subscribeToStream']>) {
    const note = (what: string): void => {
      this.heard.push(what);
      this.wake();
    };
    const source = subscription as unknown as NodeJS.ReadableStream;
    source.on('confirmation', () => note('confirmed'));
    source.on('caughtUp', () => note('caught up'));
    source.on('error', (error: Error) => note(error.constructor.name));
    source.on('data', (event: ResolvedEvent) => {
      this.events.push(event);
      note('event');
    });
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  hears(what: string): Promise<void> {
    return this.until(() => this.heard.includes(what));
  }

  has(count: number): Promise<void> {
    return this.until(() => this.events.length >= count);
  }
}

export function subscriptionSuite(fixture: Fixture): void {
  const open: Listener[] = [];
  const listen = (subscription: Listener['subscription']): Listener => {
    const listener = new Listener(subscription);
    open.push(listener);
    return listener;
  };
  afterEach(async () => {
    for (const { subscription } of open.splice(0)) await subscription.unsubscribe();
  });
  const written = async (count: number): Promise<string> => {
    const stream = aStream();
    await fixture.client.appendToStream(stream, events(count));
    return stream;
  };
  const endOfLog = async (): Promise<Position> => {
    const { position } = await fixture.client.appendToStream(aStream(), anEvent());
    return position as Position;
  };

  describe('to a stream', () => {
    it('delivers what is there, says that it has caught up, then what comes', async () => {
      const stream = await written(3);
      const listener = listen(fixture.client.subscribeToStream(stream));
      await listener.hears('caught up');
      expect(listener.heard).toEqual(['confirmed', 'event', 'event', 'event', 'caught up']);
      await fixture.client.appendToStream(aStream(), anEvent());
      await fixture.client.appendToStream(stream, events(2));
      await listener.has(5);
      expect(revisions(listener.events)).toEqual(upTo(5));
    });

    it('starts after a revision, or at the end', async () => {
      const stream = await written(5);
      const after = listen(fixture.client.subscribeToStream(stream, { fromRevision: 2n }));
      const end = listen(fixture.client.subscribeToStream(stream, { fromRevision: 'end' }));
      await Promise.all([after.hears('caught up'), end.hears('caught up')]);
      await fixture.client.appendToStream(stream, anEvent());
      await Promise.all([after.has(3), end.has(1)]);
      expect(revisions(after.events)).toEqual([3, 4, 5]);
      expect(revisions(end.events)).toEqual([5]);
    });

    it('waits for a stream that does not exist yet', async () => {
      const stream = aStream();
      const listener = listen(fixture.client.subscribeToStream(stream));
      await listener.hears('caught up');
      await fixture.client.appendToStream(stream, events(2));
      await listener.has(2);
      expect(revisions(listener.events)).toEqual([0, 1]);
    });

    it('goes on with a stream that is deleted and recreated', async () => {
      const stream = await written(2);
      const listener = listen(fixture.client.subscribeToStream(stream));
      await listener.hears('caught up');
      await fixture.client.deleteStream(stream);
      await fixture.client.appendToStream(stream, events(2));
      await listener.has(4);
      expect(revisions(listener.events)).toEqual([0, 1, 2, 3]);
      expect(listener.heard).not.toContain('StreamNotFoundError');
    });

    it('passes over what is truncated', async () => {
      const stream = await written(10);
      await fixture.client.setStreamMetadata(stream, { truncateBefore: 6 });
      const listener = listen(fixture.client.subscribeToStream(stream, { fromRevision: 2n }));
      await listener.hears('caught up');
      expect(revisions(listener.events)).toEqual([6, 7, 8, 9]);
    });

    it('ends with the record of the tombstone and an error', async () => {
      const stream = await written(1);
      const listener = listen(fixture.client.subscribeToStream(stream));
      await listener.hears('caught up');
      await fixture.client.tombstoneStream(stream);
      await listener.hears(StreamDeletedError.name);
      expect(listener.events.map(({ event }) => event?.type)).toEqual(['counted', '$streamDeleted']);
      const late = listen(fixture.client.subscribeToStream(stream));
      await late.hears(StreamDeletedError.name);
      expect(late.events).toEqual([]);
    });

    it('follows links', async () => {
      const target = await written(2);
      const stream = aStream();
      const listener = listen(fixture.client.subscribeToStream(stream, { resolveLinkTos: true }));
      await listener.hears('caught up');
      await fixture.client.appendToStream(stream, binaryEvent({ type: '$>', data: Buffer.from(`1@${target}`) }));
      await listener.has(1);
      expect(listener.events[0]).toMatchObject({ event: { streamId: target }, link: { streamId: stream } });
    });
  });

  describe('to $all', () => {
    it('delivers everything after a position, once and in order, while many write', async () => {
      const fromPosition = await endOfLog();
      const listener = listen(fixture.client.subscribeToAll({ fromPosition }));
      const streams = await Promise.all(upTo(8).map(() => written(25)));
      await Promise.all(streams.map((stream) => fixture.client.appendToStream(stream, events(25))));
      await listener.has(400);
      const positions = listener.events.map(({ event }) => event?.position?.commit ?? 0n);
      expect(positions.every((position, index) => index === 0 || position > (positions[index - 1] ?? 0n))).toBe(true);
      for (const stream of streams) {
        const own = listener.events.filter(({ event }) => event?.streamId === stream);
        expect(revisions(own)).toEqual(upTo(50));
      }
    });

    it('from the end delivers only what comes', async () => {
      await written(3);
      const listener = listen(fixture.client.subscribeToAll({ fromPosition: 'end' }));
      await listener.hears('caught up');
      const stream = await written(2);
      await listener.has(2);
      expect(listener.events.map(({ event }) => event?.streamId)).toEqual([stream, stream]);
    });

    it('from the start delivers the whole log', async () => {
      const all = await gather(fixture.client.readAll());
      const listener = listen(fixture.client.subscribeToAll());
      await listener.hears('caught up');
      expect(listener.events.map(({ event }) => event?.id)).toEqual(all.map(({ event }) => event?.id));
    });

    const kind = `kind-${aStream()}`;
    const FILTERS: readonly (readonly [string, (stream: string) => Filter])[] = [
      ['stream prefixes', (stream) => streamNameFilter({ prefixes: ['nothing', stream.slice(0, 20)] })],
      ['a stream regex', (stream) => streamNameFilter({ regex: `^${stream}$` })],
      ['type prefixes', () => eventTypeFilter({ prefixes: [kind] })],
      ['a type regex', () => eventTypeFilter({ regex: `^${kind}.*t$` })],
    ];
    it.each(FILTERS)('filters by %s', async (_, filterFor) => {
      const stream = aStream();
      const type = `${kind}-${stream}-t`;
      const fromPosition = await endOfLog();
      await fixture.client.appendToStream(stream, events(2, type));
      await written(5);
      const filter = filterFor(stream);
      const listener = listen(fixture.client.subscribeToAll({ fromPosition, filter }));
      await listener.hears('caught up');
      await written(5);
      await fixture.client.appendToStream(stream, [anEvent(2, type), anEvent(3, type)]);
      await listener.has(4);
      expect(numbers(listener.events)).toEqual([0, 1, 2, 3]);
      expect(new Set(listener.events.map(({ event }) => event?.streamId))).toEqual(new Set([stream]));
    });

    it('leaves out system events', async () => {
      const fromPosition = await endOfLog();
      const stream = await written(1);
      await fixture.client.setStreamMetadata(stream, { maxCount: 9 });
      await fixture.client.appendToStream(stream, anEvent(7));
      const listener = listen(fixture.client.subscribeToAll({ fromPosition, filter: excludeSystemEvents() }));
      await listener.hears('caught up');
      expect(numbers(listener.events)).toEqual([0, 7]);
    });

    it('refuses an expression that is none', async () => {
      const filter = streamNameFilter({ regex: '([' });
      const listener = listen(fixture.client.subscribeToAll({ filter }));
      await listener.hears(UnknownError.name);
      expect(listener.events).toEqual([]);
    });

    it('tells checkpoints: as often as asked over foreign events, and before it has caught up', async () => {
      const fromPosition = await endOfLog();
      await written(130);
      const checkpoints: bigint[] = [];
      const filter = streamNameFilter({
        prefixes: ['nobody'],
        maxSearchWindow: 10,
        checkpointInterval: 3,
        checkpointReached: (_, position) => {
          checkpoints.push(position.commit);
          return Promise.resolve();
        },
      });
      const listener = listen(fixture.client.subscribeToAll({ fromPosition, filter }));
      await listener.hears('caught up');
      expect(listener.heard).toEqual(['confirmed', 'caught up']);
      // 130 considered, one each 30, and one at the end.
      expect(checkpoints).toHaveLength(5);
      expect(checkpoints.every((at, index) => index === 0 || at > (checkpoints[index - 1] ?? 0n))).toBe(true);
      expect(checkpoints.at(-1)).toBe(BigInt(fixture.store.stats().position));
      await written(40);
      await listener.until(() => checkpoints.length >= 6);
    });
  });

  it('resumed from its last position misses nothing and repeats nothing', async () => {
    const fromPosition = await endOfLog();
    const stream = await written(50);
    const first = await gather(fixture.client.subscribeToAll({ fromPosition }), 20);
    const resumeFrom = first.at(-1)?.event?.position as Position;
    const rest = await gather(fixture.client.subscribeToAll({ fromPosition: resumeFrom }), 30);
    expect(revisions([...first, ...rest])).toEqual(upTo(50));
    expect(rest.at(-1)?.event?.streamId).toBe(stream);
  });

  it('frees the server when it is given up', async () => {
    const before = fixture.store.stats().waitingReaders;
    const listener = listen(fixture.client.subscribeToAll({ fromPosition: 'end' }));
    await listener.hears('caught up');
    await becomes(() => fixture.store.stats().waitingReaders > before);
    await listener.subscription.unsubscribe();
    await becomes(() => fixture.store.stats().waitingReaders <= before);
    expect(fixture.store.stats().waitingReaders).toBe(before);
  });
}
