import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import {
  eventually,
  MemoryBus,
  MemoryCheckpoints,
  MemoryEventLog,
  MemoryParkingLot,
  NoProjections,
  SoleLeadership,
} from '@solyx/testing';
import { ManualClock, SeededRandom, type Recorded } from '@solyx/kernel';
import { JobRunning } from '@solyx/contracts/cmo';
import { backoffMs, sleep } from './backoff';
import { ContextRuntime } from './context-runtime';
import { Contiguous } from './contiguous';
import { defineContext } from './define-context';
import { hardenAppendCall } from './event-store-client';
import { KeyedWork } from './keyed-work';
import { OnEvent, OnTick } from './on-event';
import { Slots } from './slots';
import { Streams } from './streams';
import { ticksOf, TickScheduler } from './ticks';
import type { Views } from './views';

beforeAll(() => {
  Logger.overrideLogger(false);
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('keyed work', () => {
  it('keeps the order of each key, and never runs more than it may', async () => {
    const jobs = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 })), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(jobs, fc.integer({ min: 1, max: 4 }), async (asked, most) => {
        const work = new KeyedWork(most);
        const done: [number, number][] = [];
        const busy = new Set<number>();
        let running = 0;
        asked.forEach(([key, turns], index) =>
          work.add(String(key), async () => {
            running += 1;
            expect(running).toBeLessThanOrEqual(most);
            expect(busy.has(key)).toBe(false);
            busy.add(key);
            for (let i = 0; i < turns; i += 1) await turn();
            busy.delete(key);
            done.push([key, index]);
            running -= 1;
          }),
        );
        await work.drained();
        expect(done).toHaveLength(asked.length);
        for (const key of [0, 1, 2, 3, 4]) {
          const order = done.filter(([of]) => of === key).map(([, index]) => index);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('starts nothing more once stopped, and waits for what runs', async () => {
    const work = new KeyedWork(1);
    const done: string[] = [];
    let release: () => void = () => undefined;
    work.add('a', async () => {
      await new Promise<void>((resolve) => (release = resolve));
      done.push('a');
    });
    work.add('b', async () => void done.push('b'));
    const stopped = work.stop();
    release();
    await stopped;
    expect(done).toEqual(['a']);
  });
});

describe('the finished prefix', () => {
  it('is what lies before the first that is not done, in whatever order they end', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 30 }, (_, i) => i),
          { minLength: 30 },
        ),
        (order) => {
          const progress = new Contiguous<number>();
          const ends = order.map((_, i) => progress.begin(i));
          const done = new Set<number>();
          let reached = -1;
          for (const i of order) {
            done.add(i);
            reached = ends[i]!() ?? reached;
            let expected = -1;
            while (done.has(expected + 1)) expected += 1;
            expect(reached).toBe(expected);
          }
          expect(progress.size).toBe(0);
        },
      ),
    );
  });
});

describe('slots', () => {
  it('let in so many at once, and the others in turn', async () => {
    const slots = new Slots(2);
    const [first] = [await slots.take(), await slots.take()];
    const order: number[] = [];
    const third = slots.take().then((release) => (order.push(3), release));
    const fourth = slots.take().then((release) => (order.push(4), release));
    await turn();
    expect(order).toEqual([]);
    first();
    (await third)();
    (await fourth)();
    expect(order).toEqual([3, 4]);
  });
});

describe('pauses', () => {
  it('grow, stay below the most, and differ', () => {
    const random = new SeededRandom(1);
    for (let attempt = 1; attempt < 100; attempt += 1) {
      const whole = Math.min(1_000, 10 * 2 ** (attempt - 1));
      const pause = backoffMs(attempt, { firstMs: 10, mostMs: 1_000 }, random);
      expect(pause >= whole / 2 && pause <= whole).toBe(true);
    }
  });

  it('end at once with their signal', async () => {
    const stop = new AbortController();
    const pause = sleep(60_000, stop.signal);
    stop.abort();
    expect(await pause).toBe(false);
    expect(await sleep(60_000, stop.signal)).toBe(false);
    expect(await sleep(0)).toBe(true);
  });
});

describe('ticks', () => {
  class Ticking {
    running = 0;
    most = 0;
    calls = 0;
    @OnTick(1)
    async tick(): Promise<void> {
      this.running += 1;
      this.most = Math.max(this.most, this.running);
      for (let i = 0; i < 5; i += 1) await turn();
      this.calls += 1;
      this.running -= 1;
      if (this.calls === 2) throw new Error('once');
    }
  }

  it('come again and again, one at a time, a failure among them, until stopped', async () => {
    const ticking = new Ticking();
    const scheduler = new TickScheduler(ticksOf([ticking]), 'cmo');
    scheduler.start();
    await eventually(() => expect(ticking.calls).toBeGreaterThan(5));
    await scheduler.stop();
    const { calls, most, running } = ticking;
    expect({ most, running }).toEqual({ most: 1, running: 0 });
    await turn();
    expect(ticking.calls).toBe(calls);
  });
});

describe('the client of the store', () => {
  class Call extends EventEmitter {
    readonly written: unknown[] = [];
    write(message: unknown): boolean {
      this.written.push(message);
      return false;
    }
  }

  it('does not end the process over an answer that nobody waits for, nor wait for a stream that may fail', () => {
    const call = hardenAppendCall(new Call() as never) as unknown as Call;
    call.on('data', () => {
      throw new TypeError('undefined is not iterable');
    });
    expect(() => call.emit('data', {})).not.toThrow();
    expect(call.write('event')).toBe(true);
    expect(call.written).toEqual(['event']);
  });
});

describe('a context', () => {
  class Hears {
    readonly heard: string[] = [];
    @OnEvent(JobRunning)
    async hear({ id }: Recorded<JobRunning>): Promise<void> {
      this.heard.push(id);
    }
  }
  const partsOf = (leadership: SoleLeadership) => {
    const log = new MemoryEventLog(new ManualClock());
    return {
      ...{ log, leadership, bus: new MemoryBus(), streams: new Streams(log), views: {} as Views },
      ...{ clock: new ManualClock(), random: new SeededRandom(1), checkpoints: new MemoryCheckpoints() },
      ...{ parking: new MemoryParkingLot(), projections: new NoProjections() },
    };
  };

  it('refuses to start with a handler for a context that it does not hear', () => {
    const definition = defineContext({ context: 'billing' });
    expect(() => new ContextRuntime(definition, partsOf(new SoleLeadership()), [new Hears()])).toThrow(
      'billing handles cmo.job.running but does not list cmo in listens',
    );
  });

  it('always hears operators, and each context once', () => {
    expect(defineContext({ context: 'cmo', listens: ['drm', 'cmo', 'drm'] }).listens).toEqual([
      'cmo',
      'drm',
      'gateway',
    ]);
  });

  it('works while it leads, and stands still while another does', async () => {
    const leadership = new SoleLeadership();
    const parts = partsOf(leadership);
    const hears = new Hears();
    const runtime = new ContextRuntime(defineContext({ context: 'cmo', listens: ['cmo'] }), parts, [hears]);
    await runtime.start();
    const append = (id: string, revision: number) =>
      parts.log.append(
        'cmo.job-1',
        [
          {
            ...JobRunning({ jobId: 'job_1', attempt: 1, at: '2026-01-01T00:00:00.000Z' }),
            id,
            metadata: {
              version: 1,
              organizationId: 'acme',
              actor: { kind: 'service', id: 'cmo', roles: [] },
              $correlationId: 'c',
              $causationId: 'c',
            },
          },
        ],
        revision === 0 ? 'no_stream' : BigInt(revision - 1),
      );
    await append('one', 0);
    await eventually(() => expect(hears.heard).toEqual(['one']));
    expect(runtime.status()).toMatchObject({ leading: true, epoch: 1n });
    // It may have been heard from the log, before it was on the bus.
    await eventually(() => expect(parts.bus.messagesOf('cmo')).toHaveLength(1));
    await leadership.depose();
    expect(runtime.status()).toMatchObject({ leading: false, relayed: -1n });
    await append('two', 1);
    expect(parts.bus.messagesOf('cmo')).toHaveLength(1);
    await leadership.elect();
    await eventually(() => expect(hears.heard).toEqual(['one', 'two']));
    await runtime.stop();
    await runtime.stop();
  });
});
