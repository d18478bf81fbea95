import { PersistentMap } from '@solyx/kernel';
import { CREDIT_PRIORITY_MAX, type ChargeKind, type CreditKind } from '@solyx/contracts';
import type {
  WalletCreditExpired,
  WalletCreditGranted,
  WalletDrawn,
  WalletExhausted,
  WalletHoldExpired,
  WalletHoldPlaced,
  WalletHoldRaised,
  WalletHoldVoided,
  WalletLow,
  WalletSlaCredited,
  WalletToppedUp,
} from '@solyx/contracts/billing';
import { creditAccount } from './chart-of-accounts';
import { availableIn, balanceOf, book, EMPTY_LEDGER, type Ledger, type Movement } from './ledger';
import { reversed } from './postings';

export type WalletEvent =
  | WalletCreditGranted
  | WalletSlaCredited
  | WalletToppedUp
  | WalletCreditExpired
  | WalletHoldPlaced
  | WalletHoldRaised
  | WalletHoldVoided
  | WalletHoldExpired
  | WalletDrawn
  | WalletLow
  | WalletExhausted;

/** A credit of which something is left. */
export interface Grant {
  readonly grantId: string;
  readonly kind: CreditKind;
  readonly simulated: boolean;
  readonly priority: number;
  readonly expiresAt?: string;
  /** Empty: pays for all. */
  readonly categories: readonly ChargeKind[];
  /** Empty: of all projects. */
  readonly projects: readonly string[];
  /** Which of the wallet's movements brought it: the older first among equals. */
  readonly order: number;
}

export interface WalletHold {
  readonly jobId: string;
  readonly project: string;
  readonly simulated: boolean;
  /** All that was ever set aside in it. */
  readonly amount: bigint;
  /** Freed: it takes nothing any more, and is kept so that a late duplicate finds it. */
  readonly over: boolean;
}

/** What people were told of one side of the wallet, money or rehearsals, and is still so. */
export interface Marks {
  readonly lowBelow: bigint;
  readonly low: boolean;
  readonly exhausted: boolean;
}

export interface Wallet {
  readonly ledger: Ledger;
  /** In the order in which they are drawn. */
  readonly grants: readonly Grant[];
  /** Every credit there ever was. */
  readonly granted: PersistentMap<true>;
  /** Payments of real money that were booked, by their reference. */
  readonly payments: PersistentMap<true>;
  /** Outages that were made up for, by event id. */
  readonly outages: PersistentMap<true>;
  readonly holds: PersistentMap<WalletHold>;
  /** Charges that were drawn, whether anything covered them or not. */
  readonly drawn: PersistentMap<true>;
  /** Since when there is a wallet, ISO 8601 UTC: charges posted before are none of its business. */
  readonly since: string | undefined;
  readonly money: Marks;
  readonly rehearsal: Marks;
}

const NO_MARKS: Marks = { lowBelow: 0n, low: false, exhausted: false };

export const EMPTY_WALLET: Wallet = {
  ledger: EMPTY_LEDGER,
  grants: [],
  granted: PersistentMap.empty(),
  payments: PersistentMap.empty(),
  outages: PersistentMap.empty(),
  holds: PersistentMap.empty(),
  drawn: PersistentMap.empty(),
  since: undefined,
  money: NO_MARKS,
  rehearsal: NO_MARKS,
};

const PAID: readonly CreditKind[] = ['correction', 'top-up'];
const NEVER = '~';

/**
 * The order in which credits are drawn: the lower priority number first; among equals what expires first; then what was
 * given before what was paid for; then the older.
 */
export function drawnBefore(a: Grant, b: Grant): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  const [ends, otherEnds] = [a.expiresAt ?? NEVER, b.expiresAt ?? NEVER];
  if (ends !== otherEnds) return ends < otherEnds ? -1 : 1;
  const [paid, otherPaid] = [PAID.includes(a.kind), PAID.includes(b.kind)];
  if (paid !== otherPaid) return paid ? 1 : -1;
  return a.order - b.order;
}

export const accountOf = ({ grantId, simulated }: Grant): string => creditAccount(grantId, simulated);

/** What of a credit is neither spent nor set aside. */
export const freeOf = ({ ledger }: Wallet, grant: Grant): bigint => availableIn(ledger, accountOf(grant));

/** What could be set aside or spent now, of all credits together. */
export const availableOf = (wallet: Wallet, simulated: boolean): bigint =>
  wallet.grants
    .filter((grant) => grant.simulated === simulated)
    .reduce((sum, grant) => sum + freeOf(wallet, grant), 0n);

export const marksOf = (wallet: Wallet, simulated: boolean): Marks => (simulated ? wallet.rehearsal : wallet.money);

const marked = (wallet: Wallet, simulated: boolean, change: Partial<Marks>): Wallet =>
  simulated
    ? { ...wallet, rehearsal: { ...wallet.rehearsal, ...change } }
    : { ...wallet, money: { ...wallet.money, ...change } };

/** What was told and is no longer so is forgotten, so that it is told again when it comes back. */
function refreshed(wallet: Wallet): Wallet {
  return [false, true].reduce((next, simulated) => {
    const { low, exhausted, lowBelow } = marksOf(next, simulated);
    if (!low && !exhausted) return next;
    const available = availableOf(next, simulated);
    return marked(next, simulated, { low: low && available < lowBelow, exhausted: exhausted && available <= 0n });
  }, wallet);
}

/** The step of the ledger that a fact stands for; undefined where it moves nothing. */
export function movementOf(wallet: Wallet, { type, data }: WalletEvent): Movement | undefined {
  const sequence = wallet.ledger.sequence + 1;
  switch (type) {
    case 'billing.wallet.credit-granted':
    case 'billing.wallet.sla-credited':
    case 'billing.wallet.topped-up':
    case 'billing.wallet.credit-expired':
      return { sequence, op: 'post', postings: data.postings };
    case 'billing.wallet.hold-placed':
      return { sequence, op: 'pend', transferId: data.holdId, pending: data.pending, expiresAt: data.expiresAt };
    case 'billing.wallet.hold-raised': {
      const expiresAt = wallet.ledger.pending.get(data.holdId)?.expiresAt ?? data.at;
      return { sequence, op: 'pend', transferId: data.holdId, pending: data.pending, expiresAt };
    }
    case 'billing.wallet.hold-voided':
    case 'billing.wallet.hold-expired':
      return { sequence, op: 'void', transferId: data.holdId };
    case 'billing.wallet.drawn': {
      const release =
        data.holdId !== undefined && data.pending.length > 0
          ? { release: { transferId: data.holdId, pending: reversed(data.pending) } }
          : {};
      return { sequence, op: 'post', postings: data.postings, ...release };
    }
    default:
      return undefined;
  }
}

/** Credits of which nothing is left take no part any more. */
const spentRemoved = (wallet: Wallet): Wallet => {
  const left = wallet.grants.filter((grant) => {
    const { creditsPosted, debitsPosted } = balanceOf(wallet.ledger, accountOf(grant));
    return creditsPosted > debitsPosted;
  });
  return left.length === wallet.grants.length ? wallet : { ...wallet, grants: left };
};

const withGrant = (wallet: Wallet, grant: Omit<Grant, 'order'>, at: string): Wallet => ({
  ...wallet,
  grants: [...wallet.grants, { ...grant, order: wallet.ledger.sequence }].sort(drawnBefore),
  granted: wallet.granted.set(grant.grantId, true),
  since: wallet.since ?? at,
});

const given = (
  wallet: Wallet,
  { kind, data }: { readonly kind: CreditKind; readonly data: Omit<WalletCreditGranted['data'], 'kind'> },
): Wallet => {
  const { grantId, simulated, priority, expiresAt, categories, projects, at } = data;
  const until = expiresAt === undefined ? {} : { expiresAt };
  return withGrant(wallet, { grantId, kind, simulated, priority, categories, projects, ...until }, at);
};

const toppedUp = (wallet: Wallet, data: WalletToppedUp['data']): Wallet => {
  const { grantId, simulated, at, reference, lowBelowMicroUsd } = data;
  const free = { priority: CREDIT_PRIORITY_MAX, categories: [], projects: [] };
  const next = withGrant(wallet, { grantId, kind: 'top-up', simulated, ...free }, at);
  const payments = simulated ? next.payments : next.payments.set(reference, true);
  return marked({ ...next, payments }, simulated, {
    lowBelow: BigInt(lowBelowMicroUsd),
  });
};

const holdOver = (wallet: Wallet, { holdId, jobId, simulated }: WalletHoldVoided['data']): Wallet => {
  const hold = wallet.holds.get(holdId) ?? { jobId, project: '', simulated, amount: 0n, over: true };
  return { ...wallet, holds: wallet.holds.set(holdId, { ...hold, over: true }) };
};

const remembered = (wallet: Wallet, { type, data }: WalletEvent): Wallet => {
  switch (type) {
    case 'billing.wallet.credit-granted':
      return given(wallet, { kind: data.kind, data });
    case 'billing.wallet.sla-credited': {
      const outages = data.outage.reduce((known, { eventId }) => known.set(eventId, true), wallet.outages);
      return given({ ...wallet, outages }, { kind: 'sla', data });
    }
    case 'billing.wallet.topped-up':
      return toppedUp(wallet, data);
    case 'billing.wallet.hold-placed': {
      const { holdId, jobId, project, simulated, amountMicroUsd } = data;
      const hold = { jobId, project, simulated, amount: BigInt(amountMicroUsd), over: false };
      return { ...wallet, holds: wallet.holds.set(holdId, hold) };
    }
    case 'billing.wallet.hold-raised': {
      const hold = wallet.holds.get(data.holdId);
      if (!hold) return wallet;
      return { ...wallet, holds: wallet.holds.set(data.holdId, { ...hold, amount: BigInt(data.amountMicroUsd) }) };
    }
    case 'billing.wallet.hold-voided':
    case 'billing.wallet.hold-expired':
      return holdOver(wallet, data);
    case 'billing.wallet.drawn':
      return spentRemoved({ ...wallet, drawn: wallet.drawn.set(data.chargeId, true) });
    case 'billing.wallet.credit-expired':
      return spentRemoved(wallet);
    case 'billing.wallet.low':
      return marked(wallet, data.simulated, { low: true });
    case 'billing.wallet.exhausted':
      return marked(wallet, data.simulated, { exhausted: true });
  }
};

export function evolveWallet(wallet: Wallet, event: WalletEvent): Wallet {
  const movement = movementOf(wallet, event);
  const booked = movement ? { ...wallet, ledger: book(wallet.ledger, movement) } : wallet;
  const next = remembered(booked, event);
  return movement ? refreshed(next) : next;
}
