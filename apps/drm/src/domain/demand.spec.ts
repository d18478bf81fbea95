import type { WorkloadRequest } from '@solyx/contracts';
import { askedFor, mixOf, nothingLearnt, type Demand } from './demand';
import { CLASSES_MAX } from './packing/mix';

const request = (gpuMilli: number, more: Partial<WorkloadRequest['resources']> = {}, nodes = 1): WorkloadRequest =>
  ({ resources: { gpus: 1, gpuMilli, cpuMilli: 4_000, memoryMiB: 1_024, ...more }, nodes }) as WorkloadRequest;

const asked = (demand: Demand, one: WorkloadRequest, times: number): Demand => {
  let next = demand;
  for (let i = 0; i < times; i += 1) next = askedFor(next, one);
  return next;
};
const countOf = (demand: Demand, gpuMilli: number): number =>
  mixOf(demand).find((one) => one.gpuMilli === gpuMilli)?.count ?? 0;

describe('Demand', () => {
  it('counts classes of work, each node of a gang once', () => {
    const demand = asked(asked(nothingLearnt.demand, request(500), 3), request(1_000, {}, 4), 1);
    expect(mixOf(demand).map(({ gpuMilli, count }) => [gpuMilli, count / demand.unit])).toEqual([
      [500, 3],
      [1_000, 4],
    ]);
  });

  it('tells models apart, and asks CPU work for none', () => {
    const demand = [request(500), request(500, { gpuModel: 'L4' }), request(500, { gpus: 0, gpuModel: 'L4' })].reduce(
      askedFor,
      nothingLearnt.demand,
    );
    expect(mixOf(demand).map(({ gpus, gpuMilli, models }) => [gpus, gpuMilli, models])).toEqual([
      [0, 0, undefined],
      [1, 500, undefined],
      [1, 500, ['L4']],
    ]);
  });

  it('forgets: what came 5,850 arrivals ago counts half', () => {
    const demand = asked(asked(nothingLearnt.demand, request(500), 512), request(1_000), 5_850);
    const late = asked(demand, request(250), 512);
    expect(countOf(late, 500) / countOf(late, 250)).toBeGreaterThan(0.42);
    expect(countOf(late, 500) / countOf(late, 250)).toBeLessThan(0.52);
  });

  it('stays small however long the journal is', () => {
    let demand = nothingLearnt.demand;
    for (let i = 0; i < 60_000; i += 1) demand = askedFor(demand, request(1 + (i % 1_499)));
    expect(demand.counts.size).toBeLessThanOrEqual(2 * CLASSES_MAX);
    expect(demand.unit).toBeLessThanOrEqual(1_048_576);
    for (const { count } of mixOf(demand)) expect(Number.isSafeInteger(count) && count > 0).toBe(true);
  });
});
