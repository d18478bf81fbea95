import type { ErrorCode } from '@solyx/kernel';
import { ERROR_CODES, SolyxError } from '@solyx/kernel';
import { readMessage } from '@solyx/contracts';

/** What billing answers on the bus: things that are in no event. Throws Unavailable where nobody answers. */
export abstract class BillingDesk {
  abstract ask(subject: string, question: object, withinMs: number): Promise<unknown>;
}

interface Refused {
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
}

/** The answer, read as its contract says; billing's refusal becomes the error that it is. */
export async function answered<T extends { readonly refusal?: Refused }>(
  asking: Promise<unknown>,
  shape: new () => T,
): Promise<T> {
  const answer = readMessage(shape, await asking);
  const { refusal } = answer;
  if (refusal === undefined) return answer;
  const { reason, message, hint } = refusal;
  const code: ErrorCode = Object.hasOwn(ERROR_CODES, refusal.code) ? (refusal.code as ErrorCode) : 'Internal';
  throw new SolyxError(code, message, {}, { reason, hint });
}
