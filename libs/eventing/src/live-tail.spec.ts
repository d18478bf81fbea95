import { ManualClock, type Recorded } from '@solyx/kernel';
import { MemoryEventLog, sampleEvent } from '@solyx/testing';
import { LiveTail } from './live-tail';

describe('the live tail', () => {
  let log: MemoryEventLog;
  const append = async (stream: string, count: number, from = 0): Promise<readonly bigint[]> => {
    const positions: bigint[] = [];
    for (let i = from; i < from + count; i += 1) {
      const { position } = await log.append(stream, [sampleEvent(i + 1)], i === 0 ? 'no_stream' : BigInt(i - 1));
      positions.push(position);
    }
    return positions;
  };
  const take = async (events: AsyncIterable<Recorded>, count: number): Promise<readonly number[]> => {
    const found: number[] = [];
    for await (const { data } of events) {
      found.push((data as { attempt: number }).attempt);
      if (found.length === count) break;
    }
    return found;
  };
  const upTo = (from: number, to: number): readonly number[] =>
    Array.from({ length: to - from }, (_, i) => from + i + 1);

  beforeEach(() => {
    log = new MemoryEventLog(new ManualClock());
  });

  it('gives each listener what comes, from now on or from a position in the past', async () => {
    const past = await append('cmo.job-1', 50);
    const tail = new LiveTail(log);
    await tail.start();
    const live = take(tail.listen(), 30);
    const resumed = take(tail.listen({ after: past[9]! }), 70);
    const filtered = take(tail.listen({ filter: ({ revision }) => revision % 2n === 1n }), 15);
    // Listening begins when the generator is first asked, which `take` has done.
    await new Promise((resolve) => setImmediate(resolve));
    await append('cmo.job-1', 30, 50);
    expect(await live).toEqual(upTo(50, 80));
    expect(await resumed).toEqual(upTo(10, 80));
    expect(await filtered).toEqual(upTo(50, 80).filter((attempt) => attempt % 2 === 0));
    await tail.stop();
  });

  it('reads from the log what has left memory, so that none is missed at the seam', async () => {
    const tail = new LiveTail(log, { keptMax: 10 });
    await tail.start();
    const [first] = await append('cmo.job-1', 100);
    expect(await tail.answer('req_1', ({ revision }) => revision === 99n, 60_000)).toBeDefined();
    expect(await take(tail.listen({ after: first! }), 99)).toEqual(upTo(1, 100));
    await tail.stop();
  });

  it('ends a listener that is too slow with an error that says where to go on', async () => {
    const tail = new LiveTail(log, { keptMax: 10 });
    await tail.start();
    const listening = tail.listen()[Symbol.asyncIterator]();
    const first = listening.next();
    await new Promise((resolve) => setImmediate(resolve));
    const positions = await append('cmo.job-1', 1);
    expect((await first).value).toMatchObject({ revision: 0n });
    await append('cmo.job-1', 200, 1);
    await new Promise((resolve) => setImmediate(resolve));
    const witness = take(tail.listen({ after: positions[0]! }), 200);
    expect(await witness).toHaveLength(200);
    await expect(listening.next()).rejects.toMatchObject({
      code: 'ResourceExhausted',
      reason: 'SlowListener',
      details: { position: String(positions[0]) },
    });
    await tail.stop();
  });

  it('finds the answer to a request, whether it came before or comes after, and gives up in time', async () => {
    const tail = new LiveTail(log);
    await tail.start();
    await append('cmo.job-1', 3);
    const isThird = ({ revision }: Recorded): boolean => revision === 2n;
    expect(await tail.answer('req_1', isThird, 60_000)).toMatchObject({ revision: 2n });
    const later = tail.answer('req_1', ({ revision }) => revision === 5n, 60_000);
    await append('cmo.job-1', 3, 3);
    expect(await later).toMatchObject({ revision: 5n });
    expect(await tail.answer('req_2', () => true, 1)).toBeUndefined();
    expect(await tail.answer('req_1', isThird, 1, await log.head())).toBeUndefined();
    await tail.stop();
  });

  it('lets listeners go when it stops, and when their signal says so', async () => {
    const tail = new LiveTail(log);
    const gone = new AbortController();
    const [stopped, aborted] = [take(tail.listen(), 1), take(tail.listen({ signal: gone.signal }), 1)];
    await tail.start();
    gone.abort();
    expect(await aborted).toEqual([]);
    await tail.stop();
    expect(await stopped).toEqual([]);
  });
});
