import { SolyxError } from '@solyx/kernel';

/** What a caller wrote for a past instant. */
export interface AtInput {
  readonly time?: string | null;
  readonly position?: string | null;
}

export type Instant = { readonly position: bigint } | { readonly time: string };

export type InstantResult =
  { readonly ok: true; readonly at: Instant | undefined } | { readonly ok: false; readonly error: SolyxError };

const HINT = 'Write at: { position: "42" } or at: { time: "2026-01-01T00:00:00Z" }, or a time such as "-1m".';
const bad = (message: string): InstantResult => ({
  ok: false,
  error: new SolyxError('InvalidArgument', message, {}, { hint: HINT, reason: 'InvalidInstant' }),
});

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** `now` in milliseconds since 1970. A time in the future is the present. */
export function parseInstant(at: AtInput | null | undefined, now: number): InstantResult {
  if (at === null || at === undefined) return { ok: true, at: undefined };
  const { time, position } = at;
  if ((time ?? undefined) !== undefined && (position ?? undefined) !== undefined) {
    return bad('at names both a time and a position');
  }
  if (typeof position === 'string') {
    return /^\d{1,19}$/.test(position)
      ? { ok: true, at: { position: BigInt(position) } }
      : bad('at.position is no number');
  }
  if (typeof time !== 'string') return bad('at names neither a time nor a position');
  const millis = toMillis(time.trim(), now);
  if (millis === undefined) return bad('at.time is no time');
  return millis >= now ? { ok: true, at: undefined } : { ok: true, at: { time: iso(millis) } };
}

function toMillis(time: string, now: number): number | undefined {
  const relative = /^-(\d{1,9})(s|m|h|d)$/.exec(time);
  if (relative) return Math.max(0, now - Number(relative[1]) * (UNIT_MS[relative[2] ?? ''] ?? 0));
  if (!ISO.test(time)) return undefined;
  const millis = Date.parse(time);
  return Number.isNaN(millis) ? undefined : millis;
}

// A time of the caller's, not the clock's.
const iso = (millis: number): string => new Date(millis).toISOString();
