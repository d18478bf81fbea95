import fc from 'fast-check';
import { propertyRuns } from '@solyx/testing';
import {
  cutAtPeriods,
  daysOf,
  isTimeZone,
  lengthMs,
  nextPeriod,
  periodNamed,
  periodOf,
  previousPeriod,
} from './billing-period';

const HOUR = 3_600_000;
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Africa/Casablanca',
];
const zone = fc.constantFrom(...ZONES);
const instant = fc
  .integer({ min: Date.UTC(2011, 0, 1), max: Date.UTC(2037, 11, 31) })
  .map((ms) => new Date(ms).toISOString());

describe('A billing period', () => {
  it('is the month of the zone, from its first instant to the next one’s', () => {
    expect(periodOf('2025-12-31T23:30:00.000Z', 'Europe/Berlin')).toEqual({
      id: '2026-01',
      zone: 'Europe/Berlin',
      from: '2025-12-31T23:00:00.000Z',
      to: '2026-01-31T23:00:00.000Z',
    });
    expect(periodOf('2026-02-01T04:59:59.999Z', 'America/New_York').id).toBe('2026-01');
    expect(periodOf('2026-02-01T05:00:00.000Z', 'America/New_York').id).toBe('2026-02');
    expect(periodOf('2026-01-31T18:30:00.000Z', 'Asia/Kolkata').id).toBe('2026-02');
  });

  it('is an hour shorter or longer where clocks are changed in it', () => {
    const hours = (id: string) => lengthMs(periodNamed(id, 'Europe/Berlin')) / HOUR;
    expect(hours('2026-03')).toBe(31 * 24 - 1);
    expect(hours('2026-10')).toBe(31 * 24 + 1);
    expect(hours('2026-01')).toBe(31 * 24);
    expect(hours('2028-02')).toBe(29 * 24);
  });

  it('has days of 23 and 25 hours', () => {
    const lengths = (id: string, name: string) =>
      new Map(daysOf(periodNamed(id, name)).map((day) => [day.day, lengthMs(day) / HOUR]));
    expect(lengths('2026-03', 'Europe/Berlin').get('2026-03-29')).toBe(23);
    expect(lengths('2026-10', 'Europe/Berlin').get('2026-10-25')).toBe(25);
    expect(lengths('2026-03', 'America/New_York').get('2026-03-08')).toBe(23);
    expect(lengths('2026-10', 'Australia/Lord_Howe').get('2026-10-04')).toBe(23.5);
    expect(lengths('2026-03', 'UTC').get('2026-03-29')).toBe(24);
  });

  it('leaves out the day that a zone skipped, and begins at one where midnight does not exist', () => {
    const days = daysOf(periodNamed('2011-12', 'Pacific/Apia')).map(({ day }) => day);
    expect(days).toHaveLength(30);
    expect(days).not.toContain('2011-12-30');
    // Clocks of Brazil jumped from 00:00 to 01:00 on this day.
    const [day] = daysOf(periodNamed('2018-11', 'America/Sao_Paulo')).filter(({ day: name }) => name === '2018-11-04');
    expect(day?.from).toBe('2018-11-04T03:00:00.000Z');
    expect(lengthMs(day!) / HOUR).toBe(23);
  });

  it('is found by any of its instants, and meets its neighbours without gap or overlap', () => {
    fc.assert(
      fc.property(instant, zone, (at, name) => {
        const period = periodOf(at, name);
        expect(period.from <= at && at < period.to).toBe(true);
        expect(periodNamed(period.id, name)).toEqual(period);
        expect(nextPeriod(period).from).toBe(period.to);
        expect(previousPeriod(period).to).toBe(period.from);
      }),
      propertyRuns(500),
    );
  });

  it('is its days, end to end', () => {
    fc.assert(
      fc.property(instant, zone, (at, name) => {
        const period = periodOf(at, name);
        const days = daysOf(period);
        expect(days[0]?.from).toBe(period.from);
        expect(days[days.length - 1]?.to).toBe(period.to);
        days.slice(1).forEach((day, index) => expect(day.from).toBe(days[index]?.to));
      }),
      propertyRuns(60),
    );
  });

  it('cuts an interval into slices that are the interval again', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 400 * 24 * HOUR }), zone, (from, ms, name) => {
        const to = new Date(Date.parse(from) + ms).toISOString();
        const slices = cutAtPeriods(from, to, name);
        expect(slices.reduce((sum, slice) => sum + lengthMs(slice), 0)).toBe(ms);
        slices.forEach((slice, index) => {
          expect(slice.from).toBe(index === 0 ? from : slices[index - 1]?.to);
          expect(periodOf(slice.from, name).id).toBe(slice.period);
          expect(slice.to <= periodNamed(slice.period, name).to).toBe(true);
        });
      }),
      propertyRuns(200),
    );
  });

  it('knows zones of the IANA database and nothing else', () => {
    for (const name of ZONES) expect(isTimeZone(name)).toBe(true);
    for (const name of ['', '+02:00', 'Mars/Olympus', 'Europe', '../etc/passwd', 'Z'])
      expect(isTimeZone(name)).toBe(false);
  });
});
