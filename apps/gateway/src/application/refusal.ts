import { ERROR_CODES, type ErrorCode, type Recorded, SolyxError } from '@solyx/kernel';
import { reasonOf } from '@solyx/contracts';
import type { Fault } from '../domain/field-reader';

/** An expected no, as the API shows it. `__typename` is how the union is told apart, without a lookup. */
export interface Refusal {
  readonly __typename: 'Refusal';
  readonly code: ErrorCode;
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Where it was recorded; `-1` where nothing was. */
  readonly position: string;
}

const NOT_RECORDED = '-1';

const CODE_OF: Readonly<Record<string, ErrorCode>> = {
  IdempotencyKeyReused: 'Conflict',
  AlreadyExists: 'Conflict',
  BudgetExceeded: 'ResourceExhausted',
  PermissionDenied: 'PermissionDenied',
};

/** Which code of the closed table a reason of a service falls under. */
export function codeOf(reason: string): ErrorCode {
  if (reason.endsWith('Unknown')) return 'NotFound';
  return (Object.hasOwn(CODE_OF, reason) ? CODE_OF[reason] : undefined) ?? 'FailedPrecondition';
}

export function toRefusal(
  code: ErrorCode,
  reason: string,
  details: Readonly<Record<string, unknown>> = {},
  position?: bigint,
): Refusal {
  const { message, hint } = reasonOf(reason);
  const shown = position === undefined ? NOT_RECORDED : String(position);
  return { __typename: 'Refusal', code, reason, message, hint, details, position: shown };
}

/** The refusal that a service recorded. */
export function refusalOf(event: Recorded): Refusal {
  const { reason, details } = event.data as { reason: string; details: Record<string, string | number> };
  return toRefusal(codeOf(reason), reason, details, event.position);
}

/** A job file that was not understood: the first fault as the message, all of them in the details. */
export function specRefusal(faults: readonly Fault[]): Refusal {
  const [first] = faults;
  const field = first?.field ?? '';
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return {
    __typename: 'Refusal',
    code: 'InvalidArgument',
    reason: 'InvalidSpec',
    message: `${field === '' ? '' : `${field}: `}${first?.problem ?? 'the job file is wrong'}${more}`,
    hint: first?.hint ?? ERROR_CODES.InvalidArgument.hint,
    details: { field, faults },
    position: NOT_RECORDED,
  };
}

/** No answer in time: what was recorded stays recorded. */
export const notAnswered = (position: bigint): Refusal => ({
  __typename: 'Refusal',
  code: 'DeadlineExceeded',
  reason: 'NotAnsweredYet',
  message: 'The request is recorded, but no service has answered it yet.',
  hint: ERROR_CODES.DeadlineExceeded.hint,
  details: {},
  position: String(position),
});

export const isRefusal = (value: object): value is Refusal => '__typename' in value && value.__typename === 'Refusal';

/** Expected refusals are values in the result; everything else goes up as an error. */
export async function refusable<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SolyxError) || !['InvalidArgument', 'NotFound', 'FailedPrecondition'].includes(error.code)) {
      throw error;
    }
    const { code, reason, message, hint, details } = error;
    return { __typename: 'Refusal', code, reason, message, hint, details, position: NOT_RECORDED };
  }
}
