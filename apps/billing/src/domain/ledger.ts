import { PersistentMap } from '@solyx/kernel';
import type { Posting } from '@solyx/contracts';
import { accountKindOf } from './chart-of-accounts';
import { zeroSum } from './postings';

/** What stands on an account, micro-USD, none below zero. TigerBeetle's four figures. */
export interface Balance {
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  /** Set aside, not moved yet. */
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
}

/** Amounts that are set aside under one id, until they are posted, voided, or expire. */
export interface PendingTransfer {
  /** By account; debits positive. */
  readonly amounts: ReadonlyMap<string, bigint>;
  /** ISO 8601 UTC. */
  readonly expiresAt: string;
}

export interface Ledger {
  /** How many movements were booked. */
  readonly sequence: number;
  readonly accounts: PersistentMap<Balance>;
  readonly pending: PersistentMap<PendingTransfer>;
  /** Ids of transfers that are over, so that none begins again. */
  readonly ended: PersistentMap<true>;
}

/**
 * One step of the ledger. `sequence` is the number of the step: the next one is booked, any other changes nothing, so a
 * movement that is told twice or too early does no harm.
 *
 * `pend` sets amounts aside, or more of them in the same transfer. `post` moves amounts at once; with a `transferId` it
 * takes `pending` out of the transfer, in part or whole. Other than in TigerBeetle what is left stays pending, for use
 * comes in slices. `void` frees what is left; an expiry is a void that time asked for.
 */
export type Movement = { readonly sequence: number } & (
  | { readonly op: 'post'; readonly postings: readonly Posting[]; readonly release?: Release }
  | {
      readonly op: 'pend';
      readonly transferId: string;
      readonly pending: readonly Posting[];
      readonly expiresAt: string;
    }
  | { readonly op: 'void'; readonly transferId: string }
);

/** Of a pending transfer so much is posted now: debits positive, as it was set aside. */
export interface Release {
  readonly transferId: string;
  readonly pending: readonly Posting[];
}

export type LedgerFault =
  | 'OutOfSequence'
  | 'Unbalanced'
  | 'AccountUnknown'
  | 'LimitReached'
  | 'TransferUnknown'
  | 'TransferEnded'
  /** Of an account more is set aside on the other side than it was: a transfer has one side of each. */
  | 'SideChanged'
  | 'PendingExceeded';

export const NO_BALANCE: Balance = { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };

export const EMPTY_LEDGER: Ledger = {
  sequence: 0,
  accounts: PersistentMap.empty(),
  pending: PersistentMap.empty(),
  ended: PersistentMap.empty(),
};

export const balanceOf = (ledger: Ledger, account: string): Balance => ledger.accounts.get(account) ?? NO_BALANCE;

/** What was put into an account and is neither taken nor set aside. */
export function availableIn(ledger: Ledger, account: string): bigint {
  const { creditsPosted, debitsPosted, debitsPending } = balanceOf(ledger, account);
  return creditsPosted - debitsPosted - debitsPending;
}

/** What a transfer still sets aside of an account; debits positive. */
export const pendingOf = (ledger: Ledger, transferId: string, account: string): bigint =>
  ledger.pending.get(transferId)?.amounts.get(account) ?? 0n;

const posted = (balance: Balance, amount: bigint): Balance =>
  amount >= 0n
    ? { ...balance, debitsPosted: balance.debitsPosted + amount }
    : { ...balance, creditsPosted: balance.creditsPosted - amount };

/** Sets aside, or with `free` frees what was: its side is that of the amount that was set aside. */
const pended = (balance: Balance, amount: bigint, free: boolean): Balance => {
  const change = free ? -amount : amount;
  return amount >= 0n
    ? { ...balance, debitsPending: balance.debitsPending + change }
    : { ...balance, creditsPending: balance.creditsPending - change };
};

type Accounts = PersistentMap<Balance>;

function each(accounts: Accounts, amounts: Iterable<readonly [string, bigint]>, step: typeof posted): Accounts {
  let next = accounts;
  for (const [account, amount] of amounts) next = next.set(account, step(next.get(account) ?? NO_BALANCE, amount));
  return next;
}

/** By account: what is posted to one account twice is one amount. */
function amountsOf(postings: readonly Posting[]): readonly (readonly [string, bigint])[] {
  const sums = new Map<string, bigint>();
  for (const { account, amountMicroUsd } of postings) {
    sums.set(account, (sums.get(account) ?? 0n) + BigInt(amountMicroUsd));
  }
  return [...sums];
}

const freed = (accounts: Accounts, amounts: Iterable<readonly [string, bigint]>): Accounts =>
  each(accounts, amounts, (balance, amount) => pended(balance, amount, true));

function added(
  amounts: ReadonlyMap<string, bigint>,
  more: Iterable<readonly [string, bigint]>,
): ReadonlyMap<string, bigint> {
  const next = new Map(amounts);
  for (const [account, amount] of more) {
    const sum = (next.get(account) ?? 0n) + amount;
    if (sum === 0n) next.delete(account);
    else next.set(account, sum);
  }
  return next;
}

function bookPost(ledger: Ledger, postings: readonly Posting[], release: Release | undefined): Ledger {
  const accounts = each(ledger.accounts, amountsOf(postings), posted);
  const transfer = release && ledger.pending.get(release.transferId);
  if (!transfer) return { ...ledger, accounts };
  const amounts = amountsOf(release.pending);
  const left = added(
    transfer.amounts,
    amounts.map(([account, amount]) => [account, -amount] as const),
  );
  return {
    ...ledger,
    accounts: freed(accounts, amounts),
    pending: ledger.pending.set(release.transferId, { ...transfer, amounts: left }),
  };
}

function bookPend(ledger: Ledger, movement: Extract<Movement, { op: 'pend' }>): Ledger {
  const { transferId, pending, expiresAt } = movement;
  const amounts = amountsOf(pending);
  const known = ledger.pending.get(transferId)?.amounts ?? new Map<string, bigint>();
  return {
    ...ledger,
    accounts: each(ledger.accounts, amounts, (balance, amount) => pended(balance, amount, false)),
    pending: ledger.pending.set(transferId, { amounts: added(known, amounts), expiresAt }),
  };
}

function bookVoid(ledger: Ledger, transferId: string): Ledger {
  const transfer = ledger.pending.get(transferId);
  return {
    ...ledger,
    accounts: transfer ? freed(ledger.accounts, transfer.amounts) : ledger.accounts,
    pending: ledger.pending.delete(transferId),
    ended: ledger.ended.set(transferId, true),
  };
}

/** The ledger after a movement, which `faultOf` found nothing wrong with. Total: what was recorded is booked. */
export function book(ledger: Ledger, movement: Movement): Ledger {
  if (movement.sequence !== ledger.sequence + 1) return ledger;
  const next =
    movement.op === 'post'
      ? bookPost(ledger, movement.postings, movement.release)
      : movement.op === 'pend'
        ? bookPend(ledger, movement)
        : bookVoid(ledger, movement.transferId);
  return { ...next, sequence: movement.sequence };
}

/** What may break a promise of the chart. What is released was set aside before, so it cannot. */
const postingsIn = (movement: Movement): readonly Posting[] =>
  movement.op === 'void' ? [] : movement.op === 'pend' ? movement.pending : movement.postings;

const balanced = (movement: Movement): boolean =>
  movement.op === 'void' ||
  (movement.op === 'pend'
    ? zeroSum(movement.pending)
    : zeroSum(movement.postings) && zeroSum(movement.release?.pending ?? []));

/** Between nothing and what is set aside, on the same side of the account. */
const within = (amount: bigint, pending: bigint): boolean =>
  pending >= 0n ? amount >= 0n && amount <= pending : amount <= 0n && amount >= pending;

function transferFault(ledger: Ledger, movement: Movement): LedgerFault | undefined {
  const release = movement.op === 'post' ? movement.release : undefined;
  const transferId = movement.op === 'post' ? release?.transferId : movement.transferId;
  if (transferId === undefined) return undefined;
  if (ledger.ended.has(transferId)) return 'TransferEnded';
  if (movement.op === 'pend') {
    const turned = amountsOf(movement.pending).some(
      ([account, amount]) => amount * pendingOf(ledger, transferId, account) < 0n,
    );
    return turned ? 'SideChanged' : undefined;
  }
  if (!ledger.pending.has(transferId)) return 'TransferUnknown';
  const fits = amountsOf(release?.pending ?? []).every(([account, amount]) =>
    within(amount, pendingOf(ledger, transferId, account)),
  );
  return fits ? undefined : 'PendingExceeded';
}

/** Whether an account keeps what the chart promises of it, pending amounts counted as if they were posted. */
const keepsLimits = (account: string, { debitsPosted, debitsPending, creditsPosted }: Balance): boolean =>
  accountKindOf(account)?.flags.includes('debits-must-not-exceed-credits') !== true ||
  debitsPosted + debitsPending <= creditsPosted;

/** What is wrong with a movement, undefined where it may be booked. */
export function faultOf(ledger: Ledger, movement: Movement): LedgerFault | undefined {
  if (movement.sequence !== ledger.sequence + 1) return 'OutOfSequence';
  if (!balanced(movement)) return 'Unbalanced';
  const touched = postingsIn(movement).map(({ account }) => account);
  if (touched.some((account) => !accountKindOf(account))) return 'AccountUnknown';
  const fault = transferFault(ledger, movement);
  if (fault) return fault;
  const after = book(ledger, movement);
  return touched.every((account) => keepsLimits(account, balanceOf(after, account))) ? undefined : 'LimitReached';
}

/** Debits less credits over all accounts, posted and pending. Both are 0, or the ledger is broken. */
export function imbalanceOf(ledger: Ledger): { readonly posted: bigint; readonly pending: bigint } {
  let [postedSum, pendingSum] = [0n, 0n];
  for (const { debitsPosted, creditsPosted, debitsPending, creditsPending } of ledger.accounts.values()) {
    postedSum += debitsPosted - creditsPosted;
    pendingSum += debitsPending - creditsPending;
  }
  return { posted: postedSum, pending: pendingSum };
}
