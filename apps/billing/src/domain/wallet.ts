import { accept, derivePrefixedId, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import { CREDIT_PRIORITY_MAX } from '@solyx/contracts';
import {
  WalletCreditExpired,
  WalletCreditGranted,
  WalletDrawn,
  WalletExhausted,
  WalletHoldExpired,
  WalletHoldPlaced,
  WalletHoldRaised,
  WalletHoldVoided,
  WalletLow,
} from '@solyx/contracts/billing';
import { ledgerAccount, type AccountName } from './chart-of-accounts';
import { faultOf } from './ledger';
import { postingsFrom } from './postings';
import {
  creditOutage,
  given,
  grantCredit,
  topUp,
  type CreditOutage,
  type CreditRefusal,
  type GrantCredit,
  type TopUp,
} from './wallet-credit';
import {
  partsOf,
  pendingFor,
  postingsFor,
  releaseFor,
  sentenceOf,
  sumOf,
  takenForCharge,
  takenForHold,
  totalOf,
  type Taken,
  type WantedPart,
} from './wallet-draw';
import {
  accountOf,
  availableOf,
  EMPTY_WALLET,
  evolveWallet,
  freeOf,
  marksOf,
  movementOf,
  type Wallet,
  type WalletEvent,
} from './wallet-state';
import { walletSnapshot } from './wallet-snapshot';

/** Without an amount the price list does not cover the job. */
export type HoldCredit = Omit<WalletHoldPlaced['data'], 'parts' | 'pending' | 'amountMicroUsd'> & {
  readonly amountMicroUsd?: string;
};
export interface RaiseCredit {
  readonly holdId: string;
  readonly organizationId: string;
  readonly jobId: string;
  /** All that is to be set aside in it, what was drawn of it already included. */
  readonly amountMicroUsd: string;
  /** For which attempt, and what those before it cost: a refusal says so again. */
  readonly attempt?: number;
  readonly spentMicroUsd?: string;
  readonly at: string;
}
export type VoidCredit = Pick<WalletHoldVoided['data'], 'holdId' | 'organizationId' | 'jobId' | 'simulated' | 'at'>;
export interface DrawCharge {
  readonly chargeId: string;
  readonly organizationId: string;
  readonly holdId?: string;
  readonly period?: string;
  readonly project: string;
  readonly wanted: readonly WantedPart[];
  /** Paid in advance: a correction in the customer's favour comes back as credit. */
  readonly prepaid: boolean;
  /** When the charge was recorded, and now; ISO 8601 UTC. */
  readonly postedAt: string;
  readonly at: string;
}
export interface ExpireDue {
  readonly organizationId: string;
  readonly at: string;
}

export type WalletCommand =
  | Command<'GrantCredit', GrantCredit>
  | Command<'CreditOutage', CreditOutage>
  | Command<'TopUp', TopUp>
  | Command<'PlaceHold', HoldCredit>
  | Command<'RaiseHold', RaiseCredit>
  | Command<'VoidHold', VoidCredit>
  | Command<'DrawCharge', DrawCharge>
  | Command<'ExpireDue', ExpireDue>;
export type WalletRefusal = CreditRefusal | 'InsufficientCredit' | 'NoPrice' | 'HoldUnknown' | 'LedgerBroken';
type Decided = Decision<WalletEvent, WalletRefusal>;

/** Credits and holds that one command ends at most; the next goes on. */
export const EXPIRED_AT_ONCE_MAX = 100;

const insufficient = (jobId: string, wanted: bigint, available: bigint, asked: object = {}): Decided =>
  refuse('InsufficientCredit', { jobId, wantedMicroUsd: `${wanted}`, availableMicroUsd: `${available}`, ...asked });

function placeHold(data: HoldCredit, wallet: Wallet): Decided {
  const { amountMicroUsd, ...rest } = data;
  if (wallet.holds.has(data.holdId)) return accept();
  if (amountMicroUsd === undefined) return refuse('NoPrice', { jobId: data.jobId });
  const amount = BigInt(amountMicroUsd);
  const taken = takenForHold(wallet, { ...data, amount });
  const found = sumOf(taken);
  if (amount < 0n || found < amount) return insufficient(data.jobId, amount, found);
  return accept(WalletHoldPlaced({ ...rest, amountMicroUsd, parts: partsOf(taken), pending: pendingFor(taken) }));
}

function raiseHold({ attempt, spentMicroUsd, ...data }: RaiseCredit, wallet: Wallet): Decided {
  const hold = wallet.holds.get(data.holdId);
  if (!hold || hold.over) return refuse('HoldUnknown', { jobId: data.jobId });
  const by = BigInt(data.amountMicroUsd) - hold.amount;
  if (by <= 0n) return accept();
  const { project, simulated } = hold;
  const taken = takenForHold(wallet, { project, simulated, amount: by, at: data.at });
  const found = sumOf(taken);
  const spent = spentMicroUsd === undefined ? {} : { holdSpentMicroUsd: spentMicroUsd };
  const asked = attempt === undefined ? spent : { attempt, ...spent };
  if (found < by) return insufficient(data.jobId, by, found, asked);
  const more = { simulated, byMicroUsd: String(by), parts: partsOf(taken), pending: pendingFor(taken) };
  return accept(WalletHoldRaised({ ...data, ...more }));
}

/** What a transfer still sets aside, and the pending amounts the other way around. */
function leftOf(wallet: Wallet, holdId: string) {
  const amounts = [...(wallet.ledger.pending.get(holdId)?.amounts ?? [])];
  return {
    amountMicroUsd: String(amounts.reduce((sum, [, amount]) => (amount > 0n ? sum + amount : sum), 0n)),
    pending: postingsFrom(amounts.map(([account, amount]) => [account, -amount] as const)),
  };
}

function voidHold(data: VoidCredit, wallet: Wallet): Decided {
  const hold = wallet.holds.get(data.holdId);
  if (hold?.over) return accept();
  const { holdId, organizationId, jobId, at } = data;
  // Work may end before its hold is asked for: then the hold is never placed.
  const simulated = hold?.simulated ?? data.simulated;
  return accept(WalletHoldVoided({ holdId, organizationId, jobId, simulated, ...leftOf(wallet, holdId), at }));
}

/** Prepaid money that a correction gives back: a credit of its own, drawn as what was paid for. */
function returned(data: DrawCharge, simulated: boolean): readonly WalletEvent[] {
  const amount = -totalOf(data.wanted, simulated);
  if (amount <= 0n) return [];
  const grantId = derivePrefixedId('crd', data.chargeId, String(simulated));
  return [
    WalletCreditGranted({
      grantId,
      organizationId: data.organizationId,
      kind: 'correction',
      simulated,
      amountMicroUsd: String(amount),
      priority: CREDIT_PRIORITY_MAX,
      categories: [],
      projects: [],
      note: `The charge ${data.chargeId} corrects earlier ones.`,
      postings: given('accrued', grantId, simulated, String(amount)),
      at: data.at,
    }),
  ];
}

const positive = (amount: bigint): bigint => (amount > 0n ? amount : 0n);

const drawnOf = (data: DrawCharge, taken: readonly Taken[]): WalletEvent => {
  const { chargeId, organizationId, holdId, period, at, wanted } = data;
  const drawn = sumOf(taken);
  const due = positive(totalOf(wanted, false)) + positive(totalOf(wanted, true));
  return WalletDrawn({
    chargeId,
    organizationId,
    ...(holdId === undefined ? {} : { holdId }),
    ...(period === undefined ? {} : { period }),
    totalMicroUsd: String(totalOf(wanted, false) + totalOf(wanted, true)),
    drawnMicroUsd: String(drawn),
    fromHoldMicroUsd: String(taken.reduce((sum, { fromHold }) => sum + fromHold, 0n)),
    uncoveredMicroUsd: String(due - drawn),
    parts: partsOf(taken),
    pending: releaseFor(taken),
    postings: postingsFor(taken),
    sentence: sentenceOf(taken),
    at,
  });
};

function drawCharge(data: DrawCharge, wallet: Wallet): Decided {
  if (wallet.drawn.has(data.chargeId)) return accept();
  // Before there was a wallet nothing was drawn, and no repeat of an old charge begins now.
  if (wallet.since === undefined || data.postedAt < wallet.since) return accept();
  const back = data.prepaid ? [false, true].flatMap((simulated) => returned(data, simulated)) : [];
  const taken = takenForCharge(wallet, { ...data, holdId: data.holdId });
  return accept(...back, drawnOf(data, taken));
}

/** What is past its time: holds first, so that what they free of an expired credit goes with the next call. */
function expireDue({ organizationId, at }: ExpireDue, wallet: Wallet): Decided {
  const holds = [...wallet.ledger.pending.entries()]
    .filter(([, { expiresAt }]) => expiresAt <= at)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, EXPIRED_AT_ONCE_MAX)
    .map(([holdId]) => {
      const { jobId, simulated } = wallet.holds.get(holdId) ?? { jobId: holdId, simulated: false };
      return WalletHoldExpired({ holdId, organizationId, jobId, simulated, ...leftOf(wallet, holdId), at });
    });
  const credits = wallet.grants
    .filter((grant) => grant.expiresAt !== undefined && grant.expiresAt <= at && freeOf(wallet, grant) > 0n)
    .map((grant) => {
      const { grantId, simulated } = grant;
      const amount = freeOf(wallet, grant);
      const postings = postingsFrom([
        [accountOf(grant), amount],
        [ledgerAccount('breakage', simulated), -amount],
      ]);
      const amountMicroUsd = String(amount);
      return WalletCreditExpired({ grantId, organizationId, simulated, amountMicroUsd, postings, at });
    });
  return accept<WalletEvent>(...holds, ...credits);
}

/** What people should know of the wallet after this: that it is low, that it is empty. Each is told once. */
function tidings(after: Wallet, organizationId: string, at: string): readonly WalletEvent[] {
  return [false, true].flatMap((simulated): readonly WalletEvent[] => {
    const { lowBelow, low, exhausted } = marksOf(after, simulated);
    const available = availableOf(after, simulated);
    const availableMicroUsd = String(available);
    return [
      ...(!low && available < lowBelow
        ? [WalletLow({ organizationId, simulated, availableMicroUsd, lowBelowMicroUsd: String(lowBelow), at })]
        : []),
      ...(!exhausted && available <= 0n && hadAny(after, simulated)
        ? [WalletExhausted({ organizationId, simulated, at })]
        : []),
    ];
  });
}

/** Whether money, or a rehearsal's, was ever in the wallet: its side of the ledger was touched. */
const hadAny = ({ ledger }: Wallet, simulated: boolean): boolean =>
  ['cash', 'promotion', 'sla-credit'].some((name) =>
    ledger.accounts.has(ledgerAccount(name as AccountName, simulated)),
  );

/** What is decided must be bookable, step by step: the last word is the ledger's. */
export function booked(wallet: Wallet, decision: Decided, organizationId: string, at: string): Decided {
  if (!decision.accepted || decision.events.length === 0) return decision;
  let after = wallet;
  for (const event of decision.events) {
    const movement = movementOf(after, event);
    const fault = movement && faultOf(after.ledger, movement);
    // Work that ended before its hold was asked for has nothing to void; that it ended is remembered all the same.
    const early = fault === 'TransferUnknown' && event.type === 'billing.wallet.hold-voided';
    if (fault && !early) return refuse('LedgerBroken', { fault, event: event.type });
    after = evolveWallet(after, event);
  }
  return accept(...decision.events, ...tidings(after, organizationId, at));
}

function decided(command: WalletCommand, wallet: Wallet): Decided {
  switch (command.type) {
    case 'GrantCredit':
      return grantCredit(command.data, wallet);
    case 'CreditOutage':
      return creditOutage(command.data, wallet);
    case 'TopUp':
      return topUp(command.data, wallet);
    case 'PlaceHold':
      return placeHold(command.data, wallet);
    case 'RaiseHold':
      return raiseHold(command.data, wallet);
    case 'VoidHold':
      return voidHold(command.data, wallet);
    case 'DrawCharge':
      return drawCharge(command.data, wallet);
    case 'ExpireDue':
      return expireDue(command.data, wallet);
  }
}

/**
 * What a customer paid in advance or was given, and what of it is set aside. Nothing is spent that is not there: available
 * = put in − drawn − pending, never below zero. Charges draw in a fixed order, each once.
 */
export const walletDecider: Decider<WalletCommand, Wallet, WalletEvent, WalletRefusal> = {
  name: 'billing.wallet',
  initial: EMPTY_WALLET,
  snapshot: walletSnapshot,
  decide: (command, wallet) => booked(wallet, decided(command, wallet), command.data.organizationId, command.data.at),
  evolve: evolveWallet,
};
