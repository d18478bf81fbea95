import { CHARGE_KINDS, type ChargeKind, type CreditPart, type Posting } from '@solyx/contracts';
import { ledgerAccount } from './chart-of-accounts';
import { pendingOf } from './ledger';
import { postingsFrom, type Entry } from './postings';
import { accountOf, freeOf, type Grant, type Wallet } from './wallet-state';

/** What a charge asks of one side of the wallet, by category; a correction's amounts are below zero. */
export interface WantedPart {
  readonly kind: ChargeKind;
  readonly simulated: boolean;
  readonly amount: bigint;
}

/** What is taken of one credit. */
export interface Taken {
  readonly grant: Grant;
  readonly amount: bigint;
  /** How much of it was set aside before. */
  readonly fromHold: bigint;
}

/** Credits of one side of the wallet that one step takes of at most. */
export const CREDITS_AT_ONCE_MAX = 30;

const least = (...amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => (b < a ? b : a));

const fits = (grant: Grant, project: string, simulated: boolean): boolean =>
  grant.simulated === simulated && (grant.projects.length === 0 || grant.projects.includes(project));

/** From its expiry on nothing more is taken of a credit; what was set aside before is. */
const lasts = ({ expiresAt }: Grant, at: string): boolean => expiresAt === undefined || at < expiresAt;

export const sumOf = (taken: readonly Taken[]): bigint => taken.reduce((sum, { amount }) => sum + amount, 0n);

export interface HoldWish {
  readonly project: string;
  readonly simulated: boolean;
  readonly amount: bigint;
  readonly at: string;
}

/** Credits for a hold, in order; together less than the amount where there is not enough. */
export function takenForHold(wallet: Wallet, { project, simulated, amount, at }: HoldWish): readonly Taken[] {
  let missing = amount;
  const taken: Taken[] = [];
  for (const grant of wallet.grants) {
    // Nobody knows yet what the work will use, so what pays for some categories only is not set aside.
    if (!fits(grant, project, simulated) || grant.categories.length > 0 || !lasts(grant, at)) continue;
    const part = least(missing, freeOf(wallet, grant));
    if (part <= 0n || taken.length >= CREDITS_AT_ONCE_MAX) continue;
    taken.push({ grant, amount: part, fromHold: 0n });
    missing -= part;
  }
  return taken;
}

export interface ChargeWish {
  readonly wanted: readonly WantedPart[];
  /** Of the work; it may hold nothing. */
  readonly holdId: string | undefined;
  readonly project: string;
  readonly at: string;
}

/** What is still to be paid: by category, and in all, for a correction of one category lessens the others. */
class Due {
  private readonly byKind = new Map<ChargeKind, bigint>();

  constructor(
    wanted: readonly WantedPart[],
    private total: bigint,
  ) {
    for (const { kind, amount } of wanted) this.byKind.set(kind, (this.byKind.get(kind) ?? 0n) + amount);
  }

  /** Pays of the categories that a credit is for, at most so much; answers how much that was. */
  pay(categories: readonly ChargeKind[], most: bigint): bigint {
    let paid = 0n;
    for (const kind of CHARGE_KINDS) {
      if (categories.length > 0 && !categories.includes(kind)) continue;
      const due = this.byKind.get(kind) ?? 0n;
      const part = least(due, this.total, most - paid);
      if (part <= 0n) continue;
      this.byKind.set(kind, due - part);
      this.total -= part;
      paid += part;
    }
    return paid;
  }
}

/** What a charge asks of money, or of rehearsals, in all. */
export const totalOf = (wanted: readonly WantedPart[], simulated: boolean): bigint =>
  wanted.filter((part) => part.simulated === simulated).reduce((sum, { amount }) => sum + amount, 0n);

/**
 * Credits for a charge: each in its turn gives what its work has set aside in it, and then what is free. So the order is
 * the same with and without a hold.
 */
export function takenForCharge(wallet: Wallet, { wanted, holdId, project, at }: ChargeWish): readonly Taken[] {
  return [false, true].flatMap((simulated) => {
    const due = new Due(
      wanted.filter((part) => part.simulated === simulated),
      totalOf(wanted, simulated),
    );
    return wallet.grants
      .filter((grant) => fits(grant, project, simulated))
      .slice(0, CREDITS_AT_ONCE_MAX)
      .map((grant): Taken => {
        const held = holdId === undefined ? 0n : pendingOf(wallet.ledger, holdId, accountOf(grant));
        const free = lasts(grant, at) ? freeOf(wallet, grant) : 0n;
        const amount = due.pay(grant.categories, held + free);
        return { grant, amount, fromHold: least(held, amount) };
      })
      .filter(({ amount }) => amount > 0n);
  });
}

export const partsOf = (taken: readonly Taken[]): readonly CreditPart[] =>
  taken.map(({ grant: { grantId, kind }, amount }) => ({ grantId, kind, amountMicroUsd: String(amount) }));

/** Credit is set aside: pending debits of the credits against the hold. */
export const pendingFor = (taken: readonly Taken[]): readonly Posting[] =>
  postingsFrom(
    taken.flatMap(({ grant, amount }): readonly Entry[] => [
      [accountOf(grant), amount],
      [ledgerAccount('hold', grant.simulated), -amount],
    ]),
  );

/** What was set aside of what is drawn is pending no more. */
export const releaseFor = (taken: readonly Taken[]): readonly Posting[] =>
  postingsFrom(
    taken.flatMap(({ grant, fromHold }): readonly Entry[] => [
      [accountOf(grant), -fromHold],
      [ledgerAccount('hold', grant.simulated), fromHold],
    ]),
  );

/** Credit is drawn: less is owed to the customer, and less is accrued. */
export const postingsFor = (taken: readonly Taken[]): readonly Posting[] =>
  postingsFrom(
    taken.flatMap(({ grant, amount }): readonly Entry[] => [
      [accountOf(grant), amount],
      [ledgerAccount('accrued', grant.simulated), -amount],
    ]),
  );

const NAMED_MAX = 4;

/** Why these credits, in this order: for people. */
export function sentenceOf(taken: readonly Taken[]): string {
  if (taken.length === 0) return 'No credit covers it.';
  const named = taken.slice(0, NAMED_MAX).map(({ grant: { grantId, kind, priority, expiresAt } }) => {
    const until = expiresAt === undefined ? 'never expires' : `expires ${expiresAt.slice(0, 10)}`;
    return `${kind} ${grantId} (priority ${priority}, ${until})`;
  });
  const more = taken.length > NAMED_MAX ? `, and ${taken.length - NAMED_MAX} more` : '';
  return `${named.join(', then ')}${more}: lower priority first, then earlier expiry, given before paid, older first.`;
}
