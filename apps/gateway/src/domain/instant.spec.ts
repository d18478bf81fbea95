import fc from 'fast-check';
import { parseInstant } from './instant';

const now = Date.UTC(2026, 0, 1, 12);
const parse = (at: Parameters<typeof parseInstant>[0]) => {
  const parsed = parseInstant(at, now);
  return parsed.ok ? parsed.at : parsed.error.reason;
};

describe('Instant', () => {
  it.each([
    [undefined, undefined],
    [null, undefined],
    [{ position: '42' }, { position: 42n }],
    [{ time: '-1m' }, { time: '2026-01-01T11:59:00.000Z' }],
    [{ time: '-2h' }, { time: '2026-01-01T10:00:00.000Z' }],
    [{ time: '2025-12-31T00:00:00+01:00' }, { time: '2025-12-30T23:00:00.000Z' }],
    [{ time: '2030-01-01T00:00:00Z' }, undefined],
    [{ time: '-1m', position: '1' }, 'InvalidInstant'],
    [{}, 'InvalidInstant'],
    [{ time: 'yesterday' }, 'InvalidInstant'],
    [{ time: '2026-13-45T00:00:00Z' }, 'InvalidInstant'],
    [{ position: '-1' }, 'InvalidInstant'],
  ])('reads %j', (at, expected) => expect(parse(at)).toEqual(expected));

  it('never throws and never tells a time that is to come', () => {
    const text = fc.option(
      fc.oneof(fc.string(), fc.date().map(String), fc.constantFrom('-1m', '-99999999d', '2026-01-01')),
      { nil: undefined },
    );
    fc.assert(
      fc.property(text, text, (time, position) => {
        const parsed = parseInstant(
          { ...(time === undefined ? {} : { time }), ...(position === undefined ? {} : { position }) },
          now,
        );
        return !parsed.ok || !parsed.at || 'position' in parsed.at || Date.parse(parsed.at.time) <= now;
      }),
    );
  });
});
