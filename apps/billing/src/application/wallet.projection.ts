import type { ChargeKind, CreditKind, Posting } from '@solyx/contracts';
import { defineProjection } from '@solyx/eventing';
import { creditAccount } from '../domain/chart-of-accounts';
import type { WalletEvent } from '../domain/wallet-state';

/** A credit of which something is left. */
export interface CreditShown {
  readonly grantId: string;
  readonly kind: CreditKind;
  readonly simulated: boolean;
  readonly priority: number;
  /** Empty: never. */
  readonly expiresAt: string;
  readonly categories: readonly ChargeKind[];
  readonly projects: readonly string[];
  readonly grantedMicroUsd: string;
  readonly leftMicroUsd: string;
  /** Of what is left, set aside. */
  readonly heldMicroUsd: string;
  /** Why it is there: a note, the reference of a payment. */
  readonly note: string;
  /** Positions of the events that it makes up for. */
  readonly outage: readonly string[];
}

/** One side of a wallet: money, or rehearsals. */
export interface WalletFigures {
  /** Left and not set aside. */
  readonly availableMicroUsd: string;
  readonly heldMicroUsd: string;
  /** All that charges ever drew. */
  readonly drawnMicroUsd: string;
  readonly lowBelowMicroUsd: string;
  readonly low: boolean;
  readonly exhausted: boolean;
}

export interface WalletRow {
  readonly organizationId: string;
  readonly money: WalletFigures;
  readonly rehearsal: WalletFigures;
  /** Oldest first. */
  readonly credits: readonly CreditShown[];
  readonly openHolds: number;
  /** Something expires at a time: a credit, or a hold. */
  readonly perishable: boolean;
  /** When the next thing may expire, at the earliest; empty where nothing does. */
  readonly nextExpiryAt: string;
  /** While holds are open: when the first of them ends at the latest. */
  readonly holdsEndAt: string;
}

const NO_FIGURES: WalletFigures = {
  availableMicroUsd: '0',
  heldMicroUsd: '0',
  drawnMicroUsd: '0',
  lowBelowMicroUsd: '0',
  low: false,
  exhausted: false,
};

const sum = (amounts: readonly string[]): bigint => amounts.reduce((total, amount) => total + BigInt(amount), 0n);

/** What postings change on the account of one credit; debits positive. */
const changeOf = (postings: readonly Posting[], { grantId, simulated }: CreditShown): bigint => {
  const account = creditAccount(grantId, simulated);
  return sum(postings.filter((posting) => posting.account === account).map(({ amountMicroUsd }) => amountMicroUsd));
};

interface Moved {
  readonly postings?: readonly Posting[];
  readonly pending?: readonly Posting[];
}

function figuresOf(row: WalletRow, simulated: boolean): WalletFigures {
  const before = simulated ? row.rehearsal : row.money;
  const own = row.credits.filter((credit) => credit.simulated === simulated);
  const held = sum(own.map(({ heldMicroUsd }) => heldMicroUsd));
  const available = sum(own.map(({ leftMicroUsd }) => leftMicroUsd)) - held;
  return {
    ...before,
    availableMicroUsd: String(available),
    heldMicroUsd: String(held),
    low: before.low && available < BigInt(before.lowBelowMicroUsd),
    exhausted: before.exhausted && available <= 0n,
  };
}

/** The row after a fact moved amounts: every figure follows from the credits. */
function moved(row: WalletRow, { postings = [], pending = [] }: Moved): WalletRow {
  const credits = row.credits
    .map((credit) => ({
      ...credit,
      leftMicroUsd: String(BigInt(credit.leftMicroUsd) - changeOf(postings, credit)),
      heldMicroUsd: String(BigInt(credit.heldMicroUsd) + changeOf(pending, credit)),
    }))
    .filter(({ leftMicroUsd }) => BigInt(leftMicroUsd) > 0n);
  const next = { ...row, credits };
  const ends = [...credits.map(({ expiresAt }) => expiresAt), row.openHolds > 0 ? row.holdsEndAt : '']
    .filter((at) => at !== '')
    .sort();
  return {
    ...next,
    money: figuresOf(next, false),
    rehearsal: figuresOf(next, true),
    perishable: ends.length > 0,
    nextExpiryAt: ends[0] ?? '',
  };
}

const withFigures = (row: WalletRow, simulated: boolean, change: Partial<WalletFigures>): WalletRow =>
  simulated ? { ...row, rehearsal: { ...row.rehearsal, ...change } } : { ...row, money: { ...row.money, ...change } };

type NewCredit = Omit<CreditShown, 'leftMicroUsd' | 'heldMicroUsd' | 'expiresAt' | 'outage'> & {
  readonly organizationId: string;
  readonly expiresAt: string | undefined;
  readonly outage?: readonly string[];
  readonly postings: readonly Posting[];
};

function credited(
  row: WalletRow,
  { organizationId, postings, expiresAt = '', outage = [], ...of }: NewCredit,
): WalletRow {
  const credit = { ...of, expiresAt, outage, leftMicroUsd: '0', heldMicroUsd: '0' };
  return moved({ ...row, organizationId, credits: [...row.credits, credit] }, { postings });
}

const ended = (row: WalletRow, pending: readonly Posting[]): WalletRow => {
  const openHolds = Math.max(0, row.openHolds - 1);
  return moved({ ...row, openHolds, holdsEndAt: openHolds === 0 ? '' : row.holdsEndAt }, { pending });
};

/** What may be spent, of which credits, and what is set aside? */
export const walletView = defineProjection<WalletEvent, WalletRow>({
  name: 'billing_wallet',
  version: 1,
  key: ({ data }) => data.organizationId,
  organization: ({ data }) => data.organizationId,
  indexes: ['perishable'],
  initial: {
    organizationId: '',
    money: NO_FIGURES,
    rehearsal: NO_FIGURES,
    credits: [],
    openHolds: 0,
    perishable: false,
    nextExpiryAt: '',
    holdsEndAt: '',
  },
  on: {
    'billing.wallet.credit-granted': (row, { amountMicroUsd, expiresAt, at: _at, ...credit }) =>
      credited(row, { ...credit, expiresAt, grantedMicroUsd: amountMicroUsd }),
    'billing.wallet.sla-credited': (row, { amountMicroUsd, expiresAt, at: _at, outage, ...credit }) =>
      credited(row, {
        ...credit,
        ...{ expiresAt, kind: 'sla', grantedMicroUsd: amountMicroUsd },
        outage: outage.map(({ position }) => position),
      }),
    'billing.wallet.topped-up': (row, data) => {
      const { grantId, organizationId, simulated, amountMicroUsd, reference, lowBelowMicroUsd, postings } = data;
      const of = { grantId, organizationId, simulated, postings, kind: 'top-up', priority: 100 } as const;
      const all = { expiresAt: undefined, categories: [], projects: [], note: reference };
      const next = withFigures(row, simulated, { lowBelowMicroUsd });
      return credited(next, { ...of, ...all, grantedMicroUsd: amountMicroUsd });
    },
    'billing.wallet.credit-expired': (row, { postings }) => moved(row, { postings }),
    'billing.wallet.hold-placed': (row, { organizationId, pending, expiresAt }) => {
      const holdsEndAt = row.holdsEndAt === '' || expiresAt < row.holdsEndAt ? expiresAt : row.holdsEndAt;
      return moved({ ...row, organizationId, openHolds: row.openHolds + 1, holdsEndAt }, { pending });
    },
    'billing.wallet.hold-raised': (row, { pending }) => moved(row, { pending }),
    'billing.wallet.hold-voided': (row, { organizationId, pending }) => ended({ ...row, organizationId }, pending),
    'billing.wallet.hold-expired': (row, { pending }) => ended(row, pending),
    'billing.wallet.drawn': (row, { postings, pending }) => {
      const drawn = [false, true].reduce((next, simulated) => {
        const of = row.credits.filter((credit) => credit.simulated === simulated);
        const more = of.reduce((total, credit) => total + changeOf(postings, credit), 0n);
        const { drawnMicroUsd } = simulated ? next.rehearsal : next.money;
        return withFigures(next, simulated, { drawnMicroUsd: String(BigInt(drawnMicroUsd) + more) });
      }, row);
      return moved(drawn, { postings, pending });
    },
    'billing.wallet.low': (row, { simulated }) => withFigures(row, simulated, { low: true }),
    'billing.wallet.exhausted': (row, { simulated }) => withFigures(row, simulated, { exhausted: true }),
  },
});
