export interface IdentityQuestion {
  readonly providerId: string;
  /** What the owner gave: a reference at who makes the check. */
  readonly documentRef: string;
}

export type IdentityAnswer =
  | { readonly outcome: 'verified'; readonly reference: string }
  | { readonly outcome: 'rejected'; readonly reason: string }
  /** It is not decided yet; it is asked again later. */
  | { readonly outcome: 'pending' };

/** Who an owner is, and whether money may be paid to them, is found out elsewhere: no personal data comes here. */
export abstract class IdentityCheck {
  abstract readonly name: string;
  abstract check(question: IdentityQuestion): Promise<IdentityAnswer>;
}
