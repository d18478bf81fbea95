import { CURRENCIES } from '../values';
import { count, decimal, id, integer, maybe, nested, oneOf, words } from './payload-rules';

/** Money twice, so that nobody has to calculate: whole millionths, and the same as a decimal. */
export class WebhookAmount {
  @oneOf(CURRENCIES)
  readonly currency!: (typeof CURRENCIES)[number];
  /** Millionths of the currency. */
  @integer()
  readonly micro!: string;
  @decimal()
  readonly decimal!: string;
}

/** One side of the journal entry that belongs to the event. Debits positive, credits negative; they sum to zero. */
export class WebhookPosting {
  /** General ledger account, `receivable`, `revenue:gpu:owned` …; `simulated:` before it for a rehearsal. */
  @id()
  readonly account!: string;
  @nested(() => WebhookAmount)
  readonly amount!: WebhookAmount;
}

export class WebhookTax {
  @words()
  readonly name!: string;
  @words()
  readonly jurisdiction!: string;
  /** Millionths of the taxable amount. */
  @count()
  readonly ratePpm!: number;
  @nested(() => WebhookAmount)
  readonly taxable!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly amount!: WebhookAmount;
}

export class WebhookParty {
  @words()
  readonly name!: string;
  @maybe()
  @words(64)
  readonly country?: string;
  @maybe()
  @words(128)
  readonly taxId?: string;
}

/** Postings and taxes that a payload shows; what is more is on the document. */
export const POSTINGS_SHOWN_MAX = 24;
export const TAXES_SHOWN_MAX = 8;
