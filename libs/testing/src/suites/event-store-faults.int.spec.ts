import { Logger } from '@nestjs/common';
import { EventStoreLog } from '@solyx/eventing';
import { eventually } from '../eventually';
import { flakyProxy, type FlakyProxy } from './flaky-proxy';
import { gather, sampleEvent, sampleStream } from './sample-events';
import { openEmbedded, type OpenStore } from './stores';

beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('the log over a wire that breaks', () => {
  let store: OpenStore;
  let proxy: FlakyProxy;
  let log: EventStoreLog;

  beforeEach(async () => {
    store = await openEmbedded();
    proxy = await flakyProxy(Number(new URL(store.connectionString.replace('esdb:', 'http:')).port));
    log = new EventStoreLog(`esdb://127.0.0.1:${proxy.port}?tls=false`);
  });

  afterEach(async () => {
    await log.close();
    await proxy.close();
    await store.close();
  });

  it('stores each acknowledged event once and in order, and a subscription misses none', async () => {
    const streams = Array.from({ length: 16 }, () => sampleStream());
    const perStream = 60;
    const seen = new Map<string, bigint[]>();
    const subscription = await log.subscribe({
      prefixes: ['cmo.'],
      onEvent: ({ stream, revision }) => void seen.set(stream, [...(seen.get(stream) ?? []), revision]),
    });
    let written = 0;
    const writers = streams.map(async (stream) => {
      for (let i = 0; i < perStream; i += 1) {
        const appended = await log.append(stream, [sampleEvent(i + 1)], i === 0 ? 'no_stream' : BigInt(i - 1));
        expect(appended.revision).toBe(BigInt(i));
        written += 1;
        // Cut by progress, not by time: the same on a slow machine.
        if (written % 150 === 0) proxy.cut();
      }
    });
    await Promise.all(writers);
    const all = Array.from({ length: perStream }, (_, i) => BigInt(i));
    for (const stream of streams) {
      const found = await gather(log.readStream(stream));
      expect(found.map(({ data }) => (data as { attempt: number }).attempt - 1).map(BigInt)).toEqual(all);
    }
    await eventually(() => expect([...seen.values()].flat()).toHaveLength(streams.length * perStream));
    for (const stream of streams) expect(seen.get(stream)).toEqual(all);
    await subscription.close();
  });

  it('says Unavailable, and that it may be tried again, while the store is away; then goes on by itself', async () => {
    const stream = sampleStream();
    const seen: bigint[] = [];
    const subscription = await log.subscribe({
      prefixes: [stream],
      onEvent: ({ revision }) => void seen.push(revision),
    });
    await log.append(stream, [sampleEvent(1)], 'no_stream');
    await eventually(() => expect(seen).toEqual([0n]));
    proxy.refuse(true);
    proxy.cut();
    const event = sampleEvent(2);
    const away = { code: 'Unavailable', retryable: true };
    await expect(log.append(stream, [event], 0n)).rejects.toMatchObject(away);
    await expect(gather(log.readStream(stream))).rejects.toMatchObject(away);
    await expect(log.head()).rejects.toMatchObject(away);
    proxy.refuse(false);
    await eventually(() => log.append(stream, [event], 0n));
    await eventually(() => expect(seen).toEqual([0n, 1n]));
    await subscription.close();
  });

  it('ends at once while the store is away', async () => {
    const subscription = await log.subscribe({ prefixes: ['cmo.'], onEvent: () => undefined });
    proxy.refuse(true);
    proxy.cut();
    await subscription.close();
    await log.close();
  });

  it('does not mix up appends of two stores in one process', async () => {
    const second = await openEmbedded();
    const other = new EventStoreLog(second.connectionString);
    const writes = async (to: EventStoreLog, cut: boolean): Promise<void> => {
      const stream = sampleStream();
      for (let i = 0; i < 80; i += 1) {
        await to.append(stream, [sampleEvent(i + 1)], i === 0 ? 'no_stream' : BigInt(i - 1));
        if (cut && i % 20 === 19) proxy.cut();
      }
      expect(await gather(to.readStream(stream))).toHaveLength(80);
    };
    await Promise.all([
      ...Array.from({ length: 8 }, () => writes(other, false)),
      writes(log, true),
      writes(log, false),
    ]);
    await other.close();
    await second.close();
  });
});
