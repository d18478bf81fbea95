import { given } from '@solyx/testing';
import { Advised } from '@solyx/contracts/optimizer';
import { after, autonomy, joined, offered, queued, T0 } from '../test/journal';
import { adviceIdOf, dayOf, decisionDecider, type Advise } from './decision';
import { advise, HEURISTIC } from './heuristic';
import { emptyFleet, observe, type FleetFact } from './observe';
import { supplyOf } from './supply';

const thresholds = { waitSeconds: 30 };
const base = [joined('n1', 0), offered()];
const command = (seconds: number, facts: readonly FleetFact[] = base, change: Partial<Advise> = {}): Advise => {
  const fleet = emptyFleet();
  for (const fact of facts) observe(fleet, fact);
  return {
    adviceId: adviceIdOf('main', T0 + seconds * 1_000),
    supply: supplyOf(fleet, { position: BigInt(seconds), nowMs: T0 + seconds * 1_000, idleSeconds: 300 }),
    autonomy: autonomy(),
    thresholds,
    quietSeconds: 600,
    at: after(seconds),
    ...change,
  };
};
const wanted = (data: Advise) => ({ type: 'Advise', data }) as const;
const advised = (data: Advise) =>
  Advised({
    adviceId: data.adviceId,
    ...advise(data.supply, data.autonomy, data.thresholds),
    policy: HEURISTIC,
    level: data.autonomy.level,
    observation: data.supply.observation,
    at: data.at,
  });
const past = given(decisionDecider);

describe('Decision', () => {
  const first = command(10);
  it('is recorded with what was seen, why, and the limits', () => {
    const busy = command(100, [...base, queued('a', 0, { gpus: 8 })]);
    past().when(wanted(busy)).then(advised(busy));
    expect(advised(busy).data).toMatchObject({
      action: 'lease',
      policy: 'threshold/1',
      level: 'act',
      observation: { queued: 1, queuedGpuMilli: 8_000, gpuMilliFree: 2_000 },
    });
  });
  it('is one for one interval, also where the fleet changed in between', () =>
    past(advised(first))
      .when(wanted(command(10, [...base, queued('a', -90, { gpus: 8 })], { at: after(12) })))
      .thenNothing());
  it('is never made for an interval that has passed', () =>
    past(advised(first))
      .when(wanted(command(0, [...base, queued('a', -90)])))
      .thenNothing());
  it('is not repeated while nothing changes, but once in a while', () => {
    past(advised(first))
      .when(wanted(command(20)))
      .thenNothing();
    past(advised(first))
      .when(wanted(command(609)))
      .thenNothing();
    past(advised(first))
      .when(wanted(command(610)))
      .then(advised(command(610)));
  });
  it('is news when the fleet, the level or the advice is another', () => {
    const other = command(20, [...base, joined('n2', 15)]);
    past(advised(first)).when(wanted(other)).then(advised(other));
    const lower = command(20, base, { autonomy: autonomy({ level: 'suggest' }) });
    past(advised(first)).when(wanted(lower)).then(advised(lower));
    const waits = command(20, [...base, queued('a', 0, { gpus: 8 })]);
    const late = command(30, [...base, queued('a', 0, { gpus: 8 })]);
    past(advised(waits)).when(wanted(late)).then(advised(late));
    expect([advised(waits).data.action, advised(late).data.action]).toEqual(['hold', 'lease']);
  });
  it('has an id that the interval and the partition determine', () => {
    expect(adviceIdOf('main', 10)).toBe(adviceIdOf('main', 10));
    expect(new Set([adviceIdOf('main', 10), adviceIdOf('main', 11), adviceIdOf('other', 10)]).size).toBe(3);
    expect(dayOf('2026-01-31T23:59:59.999Z')).toBe('2026-01-31');
  });
});
