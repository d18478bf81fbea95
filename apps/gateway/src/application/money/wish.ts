import { SolyxError, type Operation as Permission, type Recorded } from '@solyx/kernel';
import type { Projection } from '@solyx/eventing';
import { nearest } from '../../domain/nearest';
import type { Wished } from '../../domain/request';
import type { RequestIds } from '../requests';

/** What a wish is recorded from, beside its input. */
export interface Wisher {
  readonly ids: RequestIds;
  readonly organizationId: string;
}

/** A wish, ready to be recorded. */
export interface Asked {
  readonly event: Wished;
  /** Of the thing that it is about: what the answer names. */
  readonly id: string;
  /** The stream whose next event with this correlation answers it; none: the record itself is the answer. */
  readonly answeredOn?: string | undefined;
  /** Its type, where others may come before it in the same append. */
  readonly answeredBy?: string | undefined;
}

/** A thing that must be the caller's own before anything is asked of it. */
export interface Owned {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows of any view that carries its tenant.
  readonly projection: Projection<any>;
  readonly key: string;
  /** The refusal where it is not: `InvoiceUnknown`. */
  readonly unknown: string;
}

/** A mutation as data: who may, what is recorded, which fact answers, and how the answer looks. */
export interface Wish<Args, Input extends object> {
  readonly permission: Permission;
  /** The input, normalised: what makes a repeat the same wish. Throws InvalidArgument. */
  readonly input: (args: Args, organizationId: string) => Input;
  /** What it takes besides, by its input. */
  readonly also?: (input: NoInfer<Input>, organizationId: string) => Permission | undefined;
  readonly owned?: (input: NoInfer<Input>, organizationId: string) => Owned;
  readonly request: (input: NoInfer<Input>, wisher: Wisher) => Asked;
  /** The answer's own shape, with `__typename`; an `Ack` where this is left out. */
  readonly show?: (event: Recorded) => object;
}

export type AnyWish = Wish<never, never>;

/** Keeps the types of one wish together, and gives them up for the table. */
export const wish = <Args, Input extends object>(spec: Wish<Args, Input>): AnyWish => spec as unknown as AnyWish;

export const invalid = (message: string, hint: string): SolyxError =>
  new SolyxError('InvalidArgument', message, {}, { hint });

/** A field of an input that is there only where it was given. */
export const given = <K extends string, V>(
  name: K,
  value: V | null | undefined,
): { readonly [key in K]?: NonNullable<V> } =>
  (value === null || value === undefined ? {} : { [name]: value }) as { readonly [key in K]?: NonNullable<V> };

const MICRO_MAX = /^\d{1,18}$/;

/** An amount in micro-USD that is not negative. */
export function amount(name: string, value: string): string {
  if (MICRO_MAX.test(value)) return BigInt(value).toString();
  throw invalid(`${name} is not a whole number of micro-USD`, 'Write 25000000 for 25.00 USD.');
}

/** An amount above zero. */
export function positive(name: string, value: string): string {
  const micro = amount(name, value);
  if (micro !== '0') return micro;
  throw invalid(`${name} is zero`, 'Write 25000000 for 25.00 USD.');
}

export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  const meant = nearest(value, allowed);
  throw invalid(
    `${name} is not one of ${allowed.join(', ')}`,
    meant === undefined ? `Write ${allowed[0] ?? ''}.` : `Did you mean ${meant}?`,
  );
}

/** An id as ids are written, so that it can stand in the name of a stream. */
export function idOf(name: string, value: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/.test(value)) return value;
  throw invalid(`${name} is no id`, 'Copy it from the list.');
}

const PERIOD = /^\d{4}-(0[1-9]|1[0-2])$/;

/** A month of an account: `2026-01`. */
export function period(value: string): string {
  if (PERIOD.test(value)) return value;
  throw invalid('period is no month', 'Write a month: 2026-01.');
}

/** An object as it was sent, for its contract to check. */
export function object(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${name} is no object`, 'Send an object, as the schema of the API describes it.');
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T/;

/** An instant with its zone, as ISO 8601 UTC with milliseconds. */
export function instant(name: string, value: string): string {
  const millis = INSTANT.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(millis)) throw invalid(`${name} is no instant`, 'Write 2027-01-31T18:00:00Z.');
  // A time of the caller's, not the clock's.
  return new Date(millis).toISOString();
}
