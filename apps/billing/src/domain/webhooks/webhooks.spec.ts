import fc from 'fast-check';
import { PUBLIC_EVENT_NAMES } from '@solyx/contracts';
import { propertyRuns } from '@solyx/testing';
import { DISABLE_AFTER_DAYS, noticeDue } from './failing';
import { AT_ONCE_MAX, FULL_PACE, paceAfter } from './pace';
import { ATTEMPTS_MAX, pauseAfter, RETRY_PAUSES_MS, retryAfterOf, verdictOf } from './retry';
import { globMatches, isChosen, uselessGlob } from './selection';
import { shortenedSignature, signatureHeader, signedContent } from './signing';

const HOUR = 3_600_000;

describe('The choice of types', () => {
  it.each([
    ['*', 'invoice.paid', true],
    ['invoice.*', 'invoice.paid', true],
    ['invoice.*', 'invoice', false],
    ['invoice.*', 'invoices.paid', false],
    ['invoice.paid', 'invoice.paid', true],
    ['invoice.pai', 'invoice.paid', false],
  ])('%s of %s: %s', (glob, type, expected) => expect(globMatches(glob, type)).toBe(expected));

  it('is that of any glob, and names one that chooses nothing', () => {
    expect(isChosen(['payout.*', 'job.failed'], 'job.failed')).toBe(true);
    expect(isChosen([], 'job.failed')).toBe(false);
    expect(uselessGlob(['invoice.*', 'invoices.*'], PUBLIC_EVENT_NAMES)).toBe('invoices.*');
    expect(uselessGlob(['*'], PUBLIC_EVENT_NAMES)).toBeUndefined();
  });
});

describe('Retries', () => {
  it('are ten attempts over 75.6 hours', () => {
    expect(ATTEMPTS_MAX).toBe(10);
    expect(RETRY_PAUSES_MS.reduce((sum, ms) => sum + ms, 0) / HOUR).toBeCloseTo(75.58, 1);
  });

  it('wait a fifth more or less, honour Retry-After up to a day, and end', () => {
    const runs = fc.record({
      attempts: fc.integer({ min: 1, max: 12 }),
      chance: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      retryAfterMs: fc.integer({ min: 0, max: 100 * HOUR }),
    });
    fc.assert(
      fc.property(runs, ({ attempts, chance, retryAfterMs }) => {
        const pause = pauseAfter({ attempts, chance });
        const wished = pauseAfter({ attempts, chance, retryAfterMs });
        const usual = RETRY_PAUSES_MS[attempts - 1];
        if (usual === undefined) {
          expect([pause, wished]).toEqual([undefined, undefined]);
          return;
        }
        expect(pause!).toBeGreaterThanOrEqual(Math.floor(usual * 0.8));
        expect(pause!).toBeLessThanOrEqual(Math.ceil(usual * 1.2));
        expect(wished).toBe(Math.max(pause!, Math.min(retryAfterMs, 24 * HOUR)));
      }),
      propertyRuns(200),
    );
  });

  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [301, 'failed'],
    [307, 'failed'],
    [400, 'failed'],
    [410, 'gone'],
    [429, 'throttled'],
    [500, 'failed'],
    [502, 'throttled'],
    [504, 'throttled'],
    [undefined, 'failed'],
  ])('judge %s as %s', (status, verdict) => expect(verdictOf(status)).toBe(verdict));

  it('read Retry-After as seconds or as a date', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(retryAfterOf('120', now)).toBe(120_000);
    expect(retryAfterOf(new Date(now + 5_000).toUTCString(), now)).toBe(5_000);
    expect(retryAfterOf(new Date(now - 5_000).toUTCString(), now)).toBe(0);
    expect(retryAfterOf('soon', now)).toBeUndefined();
    expect(retryAfterOf(undefined, now)).toBeUndefined();
  });
});

describe('The pace of an endpoint', () => {
  it('stays between one and the most, whatever happens, and pauses when it is asked to', () => {
    const verdicts = fc.array(fc.constantFrom('delivered', 'failed', 'throttled', 'gone'), { maxLength: 40 });
    fc.assert(
      fc.property(verdicts, (happened) => {
        const pace = happened.reduce((before, verdict) => paceAfter(before, verdict, 1_000, 500), FULL_PACE);
        expect(pace.atOnce).toBeGreaterThanOrEqual(1);
        expect(pace.atOnce).toBeLessThanOrEqual(AT_ONCE_MAX);
        expect(pace.notBefore > 1_000).toBe(happened.includes('throttled'));
      }),
      propertyRuns(100),
    );
    expect(paceAfter(FULL_PACE, 'throttled', 0, 86_400_000).notBefore).toBe(60_000);
  });
});

describe('Notices of failure', () => {
  const DAY = 24 * HOUR;
  it('fall due after one, three and five days, each once, the latest first', () => {
    expect(noticeDue(0, DAY - 1, 0)).toBeUndefined();
    expect(noticeDue(0, DAY, 0)).toBe(1);
    expect(noticeDue(0, 2 * DAY, 1)).toBeUndefined();
    expect(noticeDue(0, 3 * DAY, 1)).toBe(3);
    expect(noticeDue(0, 9 * DAY, 1)).toBe(DISABLE_AFTER_DAYS);
    expect(noticeDue(0, 9 * DAY, 5)).toBeUndefined();
  });
});

describe('The text of a signature', () => {
  it('is id, time and body, and the header one entry for each key', () => {
    expect(signedContent('evt_1', 1_700_000_000, '{}')).toBe('evt_1.1700000000.{}');
    const header = signatureHeader([
      { algorithm: 'v1', base64: 'aaaa' },
      { algorithm: 'v1a', base64: 'bbbb' },
    ]);
    expect(header).toBe('v1,aaaa v1a,bbbb');
    expect(shortenedSignature('v1,abcdefghijklmnop v1a,abcdefghijklmnop')).toBe('v1,abcdefghi… v1a,abcdefgh…');
  });
});
