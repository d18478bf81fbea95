import fc from 'fast-check';
import { UsageRecorded } from '@solyx/contracts/billing';
import { given, propertyRuns, replay } from '@solyx/testing';
import { iso, ORGANIZATION, T0 } from '../test/fixtures';
import { fact, METER } from '../test/usage';
import { conflictsOf, contentOf, faultOfFact, meterDecider, meterIdOf, type MeterCommand } from './meter';

const common = { meterId: METER, organizationId: ORGANIZATION, eventId: 'report', at: iso(T0) };
const record = (...facts: ReturnType<typeof fact>[]) => ({ type: 'RecordUsage', data: { ...common, facts } }) as const;
const recorded = (...facts: ReturnType<typeof fact>[]) => UsageRecorded({ ...common, day: '20260131', facts });
const past = given(meterDecider);

describe('A meter', () => {
  const a = fact({ usageId: 'a' });
  const b = fact({ usageId: 'b', quantity: '2' });

  it('is one stream for each organization, name and UTC day', () => {
    expect(meterIdOf('acme', 'gw', '2026-01-31T23:59:59.999Z')).toBe('acme.gw.20260131');
    expect(meterIdOf('acme', 'gw', '2026-02-01T00:00:00.000Z')).toBe('acme.gw.20260201');
  });
  it('claims the id of a fact with the append that stores it', () => past().when(record(a, b)).then(recorded(a, b)));
  it('takes a repeat as what it is, also within one report', () => {
    past(recorded(a)).when(record(a)).thenNothing();
    past(recorded(a))
      .when(record(a, b, b))
      .then(recorded(b));
  });
  it('knows what contradicts what it has, and what contradicts itself', () => {
    const { state } = replay(meterDecider, [record(a)]);
    const other = { ...a, quantity: '1001' };
    expect(conflictsOf(state, [a, b])).toEqual([]);
    expect(conflictsOf(state, [other, b])).toEqual([other]);
    expect(conflictsOf(meterDecider.initial, [a, b, other, a])).toEqual([other]);
  });
  it('refuses, by the reason that is given, what cannot be recorded', () => {
    for (const reason of ['UsageConflict', 'UsageInvalid', 'UsageTooOld', 'NoPrice'] as const) {
      const { decision } = past(recorded(a)).when({ type: 'RefuseUsage', data: { ...common, facts: [a], reason } });
      expect(decision).toMatchObject({ accepted: false, reason, details: { usageId: 'a', facts: 1 } });
    }
  });
  it('refuses what has another unit, ends before it begins, or is more than anyone can use', () => {
    expect(faultOfFact(a)).toBeUndefined();
    expect(faultOfFact({ ...a, unit: 'byte' })).toContain('counted in token');
    expect(faultOfFact({ ...a, to: iso(T0 - 1) })).toContain('ends before');
    expect(faultOfFact({ ...a, quantity: '9'.repeat(24) })).toContain('more than');
    past()
      .when(record({ ...a, unit: 'byte' }))
      .thenRefused('UsageInvalid');
    past()
      .when(record(a, { ...b, from: iso(T0 + 7_200_000), to: iso(T0 + 7_200_000) }))
      .thenRefused('UsageInvalid');
  });
  it('fits its events, however much there is', () => {
    const many = Array.from({ length: 500 }, (_, n) =>
      fact({
        usageId: `u${n}`,
        resource: { kind: 'endpoint', id: `ep_${n % 100}` },
        labels: { note: 'x'.repeat(100) },
      }),
    );
    const { events } = replay(meterDecider, [record(...many)]);
    expect(events.flatMap(({ data }) => data.facts)).toEqual(many);
    for (const { data } of events) {
      expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThan(64 * 1_024);
      expect(new Set(data.facts.map(({ resource }) => resource.id)).size).toBeLessThanOrEqual(48);
    }
  });

  const factArb = fc.record({ usageId: fc.constantFrom('a', 'b', 'c', 'd'), quantity: fc.nat({ max: 2 }).map(String) });
  const reports = fc.array(fc.array(factArb, { minLength: 1, maxLength: 4 }), { maxLength: 8 });

  it('stores each id once, with the content that came first, and snapshots lose nothing', () => {
    fc.assert(
      fc.property(reports, (all) => {
        const commands = all.map((one): MeterCommand => record(...one.map((change) => fact(change))));
        const { state, events } = replay(meterDecider, commands);
        const stored = events.flatMap(({ data }) => data.facts);
        expect(new Set(stored.map(({ usageId }) => usageId)).size).toBe(stored.length);
        for (const one of stored) {
          const first = all.flat().find(({ usageId }) => usageId === one.usageId);
          expect(one.quantity).toBe(first?.quantity);
          expect(state.facts.get(one.usageId)).toBe(contentOf(one));
        }
        const codec = meterDecider.snapshot!;
        const again = codec.fromJson(JSON.parse(JSON.stringify(codec.toJson(state))));
        for (const command of commands) {
          expect(meterDecider.decide(command, again)).toEqual(meterDecider.decide(command, state));
        }
      }),
      propertyRuns(60),
    );
  });
});
