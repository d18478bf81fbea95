import fc from 'fast-check';
import { autonomy, autonomyArb, factArb, joined, leased, offer, offered, queued, T0 } from '../test/journal';
import { advise, COUNT_MAX } from './heuristic';
import { emptyFleet, observe, type FleetFact } from './observe';
import { supplyOf, type Supply } from './supply';

const thresholds = { waitSeconds: 30 };
const look = (facts: readonly FleetFact[], seconds = 100): Supply => {
  const fleet = emptyFleet();
  for (const fact of facts) observe(fleet, fact);
  return supplyOf(fleet, { position: 7n, nowMs: T0 + seconds * 1_000, idleSeconds: 300 });
};
const burst = [joined('n1', 0), offered(), queued('a', 50, { gpus: 8 }), queued('b', 60, { gpus: 8 })];

describe('Advice', () => {
  it('leases what the waiting work lacks', () =>
    expect(advise(look(burst), autonomy(), thresholds)).toEqual({
      action: 'lease',
      count: 2,
      gpuModel: 'H100',
      reason: 'QueueWaiting',
      checks: [
        { limit: 'leasedNodesMax', allowed: '4', wouldBe: '2', within: true },
        { limit: 'leaseMicroUsdPerHourMax', allowed: '50000000', wouldBe: '32000000', within: true },
        { limit: 'leasesPerHourMax', allowed: '4', wouldBe: '2', within: true },
      ],
      sentence: '2 workloads wait for 16 GPUs, the oldest for 50 s, and 2 are free: lease 2 × 8 H100 from vast.',
    }));
  it('waits before it leases', () => {
    const at = (seconds: number) => advise(look(burst, seconds), autonomy(), thresholds).action;
    expect([at(79), at(80)]).toEqual(['hold', 'lease']);
  });
  it('does not lease where the work fits', () => {
    const fits = [joined('n1', 0), offered(), queued('a', 0, { gpus: 2 })];
    expect(advise(look(fits), autonomy(), thresholds)).toMatchObject({ action: 'hold', reason: 'Balanced', count: 0 });
  });
  it('does not lease again what is on its way', () => {
    const coming = [...burst, leased('l1', 90), leased('l2', 90)];
    expect(advise(look(coming), autonomy(), thresholds)).toMatchObject({ action: 'hold', reason: 'Balanced' });
  });
  it('says when it is about simulated GPUs', () => {
    const simulated = [offered({ simulated: true }), queued('a', 0, { simulated: true })];
    expect(advise(look(simulated), autonomy(), thresholds).sentence).toBe(
      '1 simulated workloads wait for 1 GPUs, the oldest for 100 s, and 0 are free: lease 1 × 8 simulated H100 from vast.',
    );
  });
  it('holds where nothing is on offer', () =>
    expect(advise(look([queued('a', 0)]), autonomy(), thresholds)).toMatchObject({
      action: 'hold',
      reason: 'OfferExhausted',
    }));
  it.each([
    [{ leasedNodesMax: 1 }, 1],
    [{ leaseMicroUsdPerHourMax: '16000000' }, 1],
    [{ leasesPerHourMax: 1 }, 1],
    [{ leaseMicroUsdPerHourMax: '32000000', leasesPerHourMax: 2, leasedNodesMax: 2 }, 2],
  ])('leases as much as %j allow', (limits, count) => {
    expect(advise(look(burst), autonomy({}, limits), thresholds)).toMatchObject({ action: 'lease', count });
  });
  it.each([
    [{ leasedNodesMax: 0 }, 'leasedNodesMax'],
    [{ leaseMicroUsdPerHourMax: '15999999' }, 'leaseMicroUsdPerHourMax'],
    [{ leasesPerHourMax: 0 }, 'leasesPerHourMax'],
  ])('holds where %j allow nothing, and shows the limit', (limits, name) => {
    const advice = advise(look(burst), autonomy({}, limits), thresholds);
    expect(advice).toMatchObject({ action: 'hold', count: 0, reason: 'LimitExceeded' });
    expect(advice.checks.filter(({ within }) => !within).map(({ limit }) => limit)).toEqual([name]);
    expect(advice.sentence).toContain(`one more lease would exceed ${name}.`);
  });
  it('releases leased nodes that stay idle while nothing waits', () => {
    const idle = [leased('l1', 0), joined('n1', 0, { leaseId: 'l1' })];
    expect(advise(look(idle, 700), autonomy(), thresholds)).toMatchObject({
      action: 'release',
      count: 1,
      reason: 'FleetIdle',
    });
    expect(advise(look(idle, 500), autonomy(), thresholds)).toMatchObject({ action: 'hold', reason: 'Balanced' });
    expect(advise(look([...idle, queued('a', 699)], 700), autonomy(), thresholds)).toMatchObject({ action: 'hold' });
  });
  it('is the same when only suggested', () =>
    expect(advise(look(burst), autonomy({ level: 'suggest' }), thresholds)).toEqual(
      advise(look(burst), autonomy(), thresholds),
    ));
  it('is to hold while only observing, and says what it would have been', () =>
    expect(advise(look(burst), autonomy({ level: 'observe' }), thresholds)).toMatchObject({
      action: 'hold',
      count: 0,
      reason: 'AutonomyTooLow',
      sentence: expect.stringContaining('Only observing; else: 2 workloads wait'),
    }));
  it('is to hold while the kill switch is on', () =>
    expect(advise(look(burst), autonomy({ killSwitch: true }), thresholds)).toEqual({
      action: 'hold',
      count: 0,
      reason: 'KillSwitchEngaged',
      checks: [],
      sentence: 'The kill switch is on: nothing is advised.',
    }));

  it('never exceeds a limit, an offer, or its own bound, whatever the fleet', () => {
    const wantArb = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
    const supplyArb = fc.oneof(
      fc.array(factArb, { maxLength: 60 }).map((facts) => look(facts, 7_000)),
      // Under pressure more often than chance would have it.
      fc
        .tuple(fc.array(factArb, { maxLength: 20 }), wantArb, fc.nat({ max: 20 }))
        .map(([facts, wants, available]) =>
          look(
            [
              ...facts,
              offered({ available, freshUntil: offer().freshUntil }),
              ...wants.map((gpus, i) => queued(`w${i}`, 0, { gpus })),
            ],
            3_000,
          ),
        ),
    );
    let leases = 0;
    fc.assert(
      fc.property(supplyArb, autonomyArb, (supply, policy) => {
        const advice = advise(supply, policy, thresholds);
        expect(advise(supply, policy, thresholds)).toEqual(advice);
        expect(advice.count).toBeLessThanOrEqual(COUNT_MAX);
        expect(advice.count > 0).toBe(advice.action !== 'hold');
        if (policy.killSwitch || policy.level === 'observe') expect(advice.action).toBe('hold');
        if (advice.action === 'release') expect(advice.count).toBeLessThanOrEqual(supply.observation.leasedNodesIdle);
        if (advice.action !== 'lease') return;
        leases += 1;
        const { observation } = supply;
        const rent =
          BigInt(observation.leaseMicroUsdPerHour) + BigInt(advice.count) * BigInt(supply.offer!.priceMicroUsdPerHour);
        expect(observation.leasedNodes + advice.count).toBeLessThanOrEqual(policy.limits.leasedNodesMax);
        expect(rent <= BigInt(policy.limits.leaseMicroUsdPerHourMax)).toBe(true);
        expect(supply.leasedThisHour + advice.count).toBeLessThanOrEqual(policy.limits.leasesPerHourMax);
        expect(advice.count).toBeLessThanOrEqual(supply.offerLeft);
        expect(
          advice.checks.every(({ within, allowed, wouldBe }) => within && BigInt(wouldBe) <= BigInt(allowed)),
        ).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(leases).toBeGreaterThan(0);
  });
});
