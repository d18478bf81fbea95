import fc from 'fast-check';
import {
  after,
  cordoned,
  ended,
  factArb,
  gone,
  granted,
  joined,
  leased,
  leaseEnded,
  offered,
  queued,
} from '../test/journal';
import { released, releasing, T0 } from '../test/journal';
import { emptyFleet, observe, type FleetFact } from './observe';
import { supplyOf, type Supply } from './supply';

const look = (facts: readonly FleetFact[], seconds = 100): Supply => {
  const fleet = emptyFleet();
  for (const fact of facts) observe(fleet, fact);
  return supplyOf(fleet, { position: 7n, nowMs: T0 + seconds * 1_000, idleSeconds: 300 });
};
const seen = (facts: readonly FleetFact[], seconds?: number) => look(facts, seconds).observation;

describe('The queue', () => {
  it('is GPU work that waits, with the age of the oldest', () =>
    expect(seen([queued('a', 10, { gpus: 2, gpuMilli: 500, nodes: 3 }), queued('b', 40)])).toMatchObject({
      position: '7',
      queued: 2,
      queuedGpuMilli: 4_000,
      oldestQueuedSeconds: 90,
    }));
  it('is left by a grant, an end, and work that needs no GPU', () => {
    const facts = [queued('a', 10), queued('b', 20), queued('c', 30, { gpus: 0 }), queued('d', 40)];
    expect(seen([...facts, granted('a', 50, {}), ended('b', 50)])).toMatchObject({
      queued: 1,
      oldestQueuedSeconds: 60,
    });
  });
  it('keeps a later attempt although an earlier one ended', () =>
    expect(seen([queued('a', 10, { attempt: 2 }), ended('a', 20, 1)])).toMatchObject({ queued: 1 }));
  it('begins for an attempt when it may run, not when its job was first asked for', () => {
    expect(seen([queued('a', 10), queued('a', 60, { attempt: 2 })]).oldestQueuedSeconds).toBe(40);
    const later = queued('a', 10, { notBefore: after(70) });
    expect([seen([later], 69).queued, seen([later], 70).queued, seen([later], 90).oldestQueuedSeconds]).toEqual([
      0, 1, 20,
    ]);
  });
  it('leaves out what may not run on leased GPUs', () => {
    expect(seen([queued('a', 10, { sources: ['owned'] })]).queued).toBe(0);
    expect(seen([queued('a', 10, { sources: [] })]).queued).toBe(1);
  });
});

describe('GPUs', () => {
  const two = [joined('n1', 0), joined('n2', 0)];
  it('are free until granted, and again once released', () => {
    const held = [...two, granted('a', 1, { n1: 1_500, n2: 250 })];
    expect(seen(two)).toMatchObject({ gpuMilliTotal: 4_000, gpuMilliFree: 4_000 });
    expect(seen(held)).toMatchObject({ gpuMilliTotal: 4_000, gpuMilliFree: 2_250 });
    expect(seen([...held, released('a', 2)])).toMatchObject({ gpuMilliFree: 4_000 });
    expect(seen([...held, released('a', 2), released('a', 3)])).toMatchObject({ gpuMilliFree: 4_000 });
  });
  it('of a cordoned node are not free, of a lost one not there', () => {
    expect(seen([...two, cordoned('n1')])).toMatchObject({ gpuMilliTotal: 4_000, gpuMilliFree: 2_000 });
    expect(seen([...two, gone('n1')])).toMatchObject({ gpuMilliTotal: 2_000, gpuMilliFree: 2_000 });
  });
  it('of a node that came back are all free', () => {
    const back = [joined('n1', 0), granted('a', 1, { n1: 1_000 }), gone('n1'), joined('n1', 2), released('a', 3)];
    expect(seen(back)).toMatchObject({ gpuMilliTotal: 2_000, gpuMilliFree: 2_000 });
  });
  it('on their way count as free, so that they are not leased twice', () => {
    expect(seen([...two, leased('l1', 0)])).toMatchObject({
      gpuMilliTotal: 12_000,
      gpuMilliFree: 12_000,
      leasedNodes: 1,
    });
    const here = [...two, leased('l1', 0), joined('n3', 60, { gpus: 8, leaseId: 'l1' })];
    expect(seen(here)).toMatchObject({ gpuMilliTotal: 12_000, gpuMilliFree: 12_000, leasedNodesIdle: 1 });
    expect(seen([...here, releasing('l1', 'n3')])).toMatchObject({
      gpuMilliFree: 4_000,
      leasedNodesIdle: 0,
      leasedNodes: 1,
    });
    expect(seen([...here, leaseEnded('l1')])).toMatchObject({ leasedNodes: 0, leaseMicroUsdPerHour: '0' });
  });
});

describe('Two kinds of fleet', () => {
  const rich = [joined('s1', 0, { gpus: 64, simulated: true })];
  it('do not help each other: real work waits although simulated GPUs are free', () => {
    const supply = look([...rich, queued('a', 0)]);
    expect(supply).toMatchObject({ simulated: false, observation: { queuedGpuMilli: 1_000, gpuMilliFree: 0 } });
  });
  it('are shown by the one that is shortest, then fuller, then larger', () => {
    expect(look(rich).simulated).toBe(true);
    expect(look([]).simulated).toBe(false);
    expect(look([...rich, queued('a', 0, { simulated: true })]).simulated).toBe(true);
    expect(look([...rich, queued('a', 0), queued('b', 0, { gpus: 90, simulated: true })]).simulated).toBe(true);
  });
});

describe('The offer', () => {
  const cheap = offered({ offerId: 'cheap', priceMicroUsdPerHour: '9', available: 1 });
  it('is the cheapest that is fresh, left, of the kind and the model asked for', () => {
    expect(look([offered(), cheap]).offer?.offerId).toBe('cheap');
    expect(look([offered(), cheap, leased('l1', 1, { offerId: 'cheap' })]).offer?.offerId).toBe('offer_1');
    expect(look([cheap], 3_600).offer).toBeUndefined();
    expect(look([offered({ simulated: true })]).offer).toBeUndefined();
    expect(look([offered(), queued('a', 0, { gpuModel: 'L4' })]).offer).toBeUndefined();
    expect(look([offered({ gpusPerNode: 0 })]).offer).toBeUndefined();
  });
  it('has as many nodes as were seen, less those leased since', () => {
    expect(look([offered(), leased('l1', 1)]).offerLeft).toBe(2);
    expect(look([leased('l1', -5), offered()]).offerLeft).toBe(3);
  });
  it('is of the model that most GPUs are asked of', () => {
    const facts = [queued('a', 0, { gpuModel: 'L4' }), queued('b', 0, { gpuModel: 'H100', gpus: 2 }), queued('c', 0)];
    expect(look(facts).gpuModel).toBe('H100');
  });
});

describe('Leased nodes', () => {
  const idle = [leased('l1', 0), joined('n1', 60, { gpus: 8, leaseId: 'l1' })];
  it('may go back once idle for long enough and for the minimum of the lessor', () => {
    expect([look(idle, 659).releasable, look(idle, 660).releasable]).toEqual([0, 1]);
    const worked = [...idle, granted('a', 61, { n1: 1 }), released('a', 900)];
    expect([look(worked, 1_199).releasable, look(worked, 1_200).releasable]).toEqual([0, 1]);
    expect(look([...idle, granted('a', 61, { n1: 1 })], 9_000).releasable).toBe(0);
    expect(look([...idle, releasing('l1', 'n1')], 9_000).releasable).toBe(0);
  });
  it('on advice count for an hour, by whoever else not at all', () => {
    const facts = [leased('l1', 0, {}, 'adv_1'), leased('l2', 1_000, {}, 'adv_2'), leased('l3', 1_000)];
    expect([look(facts, 3_599), look(facts, 3_600), look(facts, 4_600)].map((one) => one.leasedThisHour)).toEqual([
      2, 1, 0,
    ]);
  });
});

describe('Looking', () => {
  it('is the same again after a restart, and never sees less than nothing', () => {
    fc.assert(
      fc.property(fc.array(factArb, { maxLength: 60 }), fc.nat({ max: 8_000 }), (facts, seconds) => {
        const supply = look(facts, seconds);
        expect(look(facts, seconds)).toEqual(supply);
        const { observation } = supply;
        for (const number of [...Object.values(observation), supply.offerLeft, supply.releasable]) {
          expect(Number(number)).toBeGreaterThanOrEqual(0);
        }
        expect(observation.gpuMilliFree).toBeLessThanOrEqual(observation.gpuMilliTotal);
        expect(supply.releasable).toBeLessThanOrEqual(observation.leasedNodesIdle);
        expect(observation.leasedNodesIdle).toBeLessThanOrEqual(observation.leasedNodes);
      }),
    );
  });
});
