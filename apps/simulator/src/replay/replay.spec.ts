import fc from 'fast-check';
import { Agenda } from './heap';
import { policyNamed, POLICIES, type ReplayPolicy } from './policies';
import { replay, type ReplaySetting } from './replay';
import { milliOf, type ReplayJob, type ReplayNode } from './work';

const node = (name: string, some: Partial<ReplayNode> = {}): ReplayNode => ({
  name,
  cpuMilli: 64_000,
  memoryMiB: 262_144,
  gpus: 4,
  model: 'A100',
  gpuHourMicroUsd: 2_000_000,
  ...some,
});

const job = (jobId: string, some: Partial<ReplayJob> = {}): ReplayJob => ({
  jobId,
  queue: 'a',
  kind: 'work',
  priority: 50,
  arrivedAt: 0,
  seconds: 1_000,
  nodes: 1,
  gpus: 1,
  gpuMilli: 1_000,
  cpuMilli: 4_000,
  memoryMiB: 8_192,
  models: undefined,
  ...some,
});

const SETTING: ReplaySetting = {
  nodes: [node('n1'), node('n2')],
  queues: [{ name: 'a', nominalPerMille: 500 }],
  slicePrices: [],
  from: 0,
  until: 10_000,
  minRuntimeSeconds: 600,
  saveSeconds: 1_800,
  restartSeconds: 30,
};

const named = (name: string): ReplayPolicy => {
  const found = policyNamed(name);
  if (!found) throw new Error(`no policy ${name}`);
  return found;
};

const jobs = fc
  .array(
    fc.record({
      arrivedAt: fc.integer({ min: 0, max: 5_000 }),
      seconds: fc.integer({ min: 1, max: 4_000 }),
      gpus: fc.constantFrom(0, 1, 1, 2, 4),
      nodes: fc.constantFrom(1, 1, 1, 2),
      gpuMilli: fc.constantFrom(1_000, 500, 250),
      priority: fc.constantFrom(10, 50, 100),
      queue: fc.constantFrom('a', 'b'),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((list) =>
    list
      .map((some, place) => {
        const gpuMilli = some.gpus === 0 ? 0 : some.gpus > 1 ? 1_000 : some.gpuMilli;
        return job(`job-${String(place).padStart(3, '0')}`, { ...some, gpuMilli });
      })
      .sort((a, b) => a.arrivedAt - b.arrivedAt || (a.jobId < b.jobId ? -1 : 1)),
  );

describe('replay', () => {
  it('lets a job begin when there is room, and end when its time is over', () => {
    const { begun, ended, utilization, costMicroUsd } = replay(
      [job('one', { gpus: 4, seconds: 3_600 }), job('two', { gpus: 4, arrivedAt: 10, seconds: 3_600 })],
      { ...SETTING, nodes: [node('n1')], until: 7_200 },
      named('fifo'),
    );
    expect([...begun]).toEqual([0, 3_600]);
    expect([...ended]).toEqual([3_600, 7_200]);
    expect(utilization).toBe(100);
    expect(costMicroUsd).toBe(16_000_000n);
  });

  it('first come, first served lets nobody pass; backfill does', () => {
    const list = [
      job('large', { gpus: 3, seconds: 1_000 }),
      job('larger', { gpus: 4, arrivedAt: 1 }),
      job('small', { arrivedAt: 2, seconds: 10 }),
    ];
    const one = { ...SETTING, nodes: [node('n1')] };
    expect([...replay(list, one, named('fifo')).begun]).toEqual([0, 1_000, 2_000]);
    expect([...replay(list, one, named('best-fit')).begun]).toEqual([0, 1_000, 2]);
  });

  it('work of low priority leaves for work of high priority that waits, and is done again from where it was saved', () => {
    const list = [
      job('low', { gpus: 4, priority: 10, seconds: 5_000 }),
      job('high', { gpus: 4, priority: 100, arrivedAt: 1_900, seconds: 100 }),
      job('knock', { gpus: 4, priority: 100, arrivedAt: 2_100, seconds: 100 }),
    ];
    const { begun, ended, preemptions } = replay(list, { ...SETTING, nodes: [node('n1')] }, named('solyx'));
    expect(preemptions).toBe(1);
    // It goes first afterwards, as it came long before.
    expect([...begun]).toEqual([0, 2_100, 5_430]);
    expect(ended[0]).toBe(2_200 + 30 + 5_000 - 1_800);
    expect(replay(list, { ...SETTING, nodes: [node('n1')] }, named('drf')).preemptions).toBe(0);
  });

  it('a gang begins on all its nodes or on none', () => {
    const list = [job('single', { gpus: 4, seconds: 500 }), job('gang', { gpus: 4, nodes: 2, arrivedAt: 1 })];
    expect([...replay(list, SETTING, named('best-fit')).begun]).toEqual([0, 500]);
  });

  it('work that no node can hold never begins, and is counted', () => {
    const { never, begun } = replay([job('vast', { gpus: 8 })], SETTING, named('solyx'));
    expect(never).toBe(1);
    expect(begun[0]).toBeNaN();
  });

  it.each(POLICIES.map((policy) => [policy.name, policy] as const))(
    '%s never gives away more than there is, begins nothing before it came, and is the same twice',
    (_, policy) => {
      fc.assert(
        fc.property(jobs, (list) => {
          const result = replay(list, SETTING, policy);
          const again = replay(list, SETTING, policy);
          expect([...again.begun]).toEqual([...result.begun]);
          list.forEach((one, place) => {
            const [begun = 0, ended = 0] = [result.begun[place], result.ended[place]];
            expect(begun).toBeGreaterThanOrEqual(one.arrivedAt);
            expect(ended - begun).toBeGreaterThanOrEqual(one.seconds);
          });
          if (result.preemptions > 0) return;
          for (const at of result.begun) {
            const used = list.reduce((sum, one, place) => {
              const [begun = 0, ended = 0] = [result.begun[place], result.ended[place]];
              return sum + (begun <= at && ended > at ? milliOf(one) : 0);
            }, 0);
            expect(used).toBeLessThanOrEqual(8_000);
          }
        }),
        { numRuns: 25 },
      );
    },
  );
});

describe('Agenda', () => {
  it('gives back the soonest, and of the same time what was put in first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
        const agenda = new Agenda();
        times.forEach((time, place) => {
          agenda.add(time, place, 1);
        });
        const taken = times.map(() => agenda.take().job);
        const expected = times.map((_, place) => place).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
        expect(taken).toEqual(expected);
        expect(agenda.next).toBeUndefined();
      }),
    );
  });
});
