import type { CreditKind } from '@solyx/contracts';
import type {
  WalletCreditExpired,
  WalletCreditGranted,
  WalletDrawn,
  WalletHoldExpired,
  WalletHoldPlaced,
  WalletHoldRaised,
  WalletHoldVoided,
  WalletSlaCredited,
  WalletToppedUp,
} from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { addIntegers } from '@solyx/kernel';

export interface CreditRow {
  readonly id: string;
  readonly organizationId: string;
  readonly kind: CreditKind;
  readonly simulated: boolean;
  readonly amountMicroUsd: string;
  readonly remainingMicroUsd: string;
  readonly priority: number;
  readonly expiresAt: string | null;
  readonly expired: boolean;
  readonly categories: readonly string[];
  readonly projects: readonly string[];
  readonly note: string;
  readonly at: string;
  readonly position: string;
}

const minus = (a: string, b: string): string => String(BigInt(a) - BigInt(b));
type CreditEvent = WalletCreditGranted | WalletSlaCredited | WalletToppedUp | WalletCreditExpired | WalletDrawn;

const PAID_FOR_PRIORITY = 100;

/** Each credit, and what of it is left. */
export const gatewayCredit = defineProjection<CreditEvent, CreditRow>({
  name: 'gateway_credit',
  version: 1,
  key: ({ data }) => ('parts' in data ? data.parts.map(({ grantId }) => grantId) : data.grantId),
  organization: ({ data }) => data.organizationId,
  initial: {
    ...{ id: '', organizationId: '', kind: 'promotion', simulated: false, amountMicroUsd: '0', priority: 0 },
    ...{ remainingMicroUsd: '0', expiresAt: null, expired: false, categories: [], projects: [], note: '', at: '' },
    position: '0',
  },
  on: {
    'billing.wallet.credit-granted': (row, data, { position }) => ({
      ...row,
      ...{ id: data.grantId, organizationId: data.organizationId, kind: data.kind, simulated: data.simulated },
      ...{ amountMicroUsd: data.amountMicroUsd, remainingMicroUsd: data.amountMicroUsd, priority: data.priority },
      ...{ expiresAt: data.expiresAt ?? null, categories: data.categories, projects: data.projects, note: data.note },
      ...{ at: data.at, position: String(position) },
    }),
    'billing.wallet.sla-credited': (row, data, { position }) => ({
      ...row,
      ...{ id: data.grantId, organizationId: data.organizationId, kind: 'sla', simulated: data.simulated },
      ...{ amountMicroUsd: data.amountMicroUsd, remainingMicroUsd: data.amountMicroUsd, priority: data.priority },
      ...{ expiresAt: data.expiresAt ?? null, categories: data.categories, projects: data.projects, note: data.note },
      ...{ at: data.at, position: String(position) },
    }),
    'billing.wallet.topped-up': (row, data, { position }) => ({
      ...row,
      ...{ id: data.grantId, organizationId: data.organizationId, kind: 'top-up', simulated: data.simulated },
      ...{ amountMicroUsd: data.amountMicroUsd, remainingMicroUsd: data.amountMicroUsd, note: data.reference },
      ...{ priority: PAID_FOR_PRIORITY, at: data.at, position: String(position) },
    }),
    'billing.wallet.credit-expired': (row, { amountMicroUsd }, { position }) => ({
      ...row,
      ...{ remainingMicroUsd: minus(row.remainingMicroUsd, amountMicroUsd), expired: true, position: String(position) },
    }),
    'billing.wallet.drawn': (row, { parts }, { position }, key) => ({
      ...row,
      remainingMicroUsd: parts
        .filter(({ grantId }) => grantId === key)
        .reduce((left, part) => minus(left, part.amountMicroUsd), row.remainingMicroUsd),
      position: String(position),
    }),
  },
});

export interface WalletSide {
  readonly balanceMicroUsd: string;
  readonly heldMicroUsd: string;
  readonly drawnMicroUsd: string;
  readonly lowBelowMicroUsd: string | null;
}

export interface WalletRow {
  readonly organizationId: string;
  readonly real: WalletSide;
  /** Of rehearsals: never money. */
  readonly simulated: WalletSide;
  readonly position: string;
}

type WalletEvent = CreditEvent | WalletHoldPlaced | WalletHoldRaised | WalletHoldVoided | WalletHoldExpired;

const empty: WalletSide = { balanceMicroUsd: '0', heldMicroUsd: '0', drawnMicroUsd: '0', lowBelowMicroUsd: null };

interface Told {
  readonly organizationId: string;
  readonly simulated: boolean;
}

const change = (
  row: WalletRow,
  { organizationId, simulated }: Told,
  position: bigint,
  by: (side: WalletSide) => WalletSide,
): WalletRow => ({
  organizationId,
  real: simulated ? row.real : by(row.real),
  simulated: simulated ? by(row.simulated) : row.simulated,
  position: String(position),
});
const added =
  (micro: string) =>
  (side: WalletSide): WalletSide => ({ ...side, balanceMicroUsd: addIntegers(side.balanceMicroUsd, micro) });
const held =
  (micro: string) =>
  (side: WalletSide): WalletSide => ({ ...side, heldMicroUsd: addIntegers(side.heldMicroUsd, micro) });

/** A draw says by its accounts whether it is a rehearsal. */
const isRehearsal = (postings: readonly { readonly account: string }[]): boolean =>
  postings.some(({ account }) => account.startsWith('simulated:'));

/** One wallet per organization: what is in it, and what of that is set aside. */
export const gatewayWallet = defineProjection<WalletEvent, WalletRow>({
  name: 'gateway_wallet',
  version: 1,
  key: ({ data }) => data.organizationId,
  organization: ({ data }) => data.organizationId,
  initial: { organizationId: '', real: empty, simulated: empty, position: '0' },
  on: {
    'billing.wallet.credit-granted': (row, data, { position }) =>
      change(row, data, position, added(data.amountMicroUsd)),
    'billing.wallet.sla-credited': (row, data, { position }) => change(row, data, position, added(data.amountMicroUsd)),
    'billing.wallet.topped-up': (row, data, { position }) =>
      change(row, data, position, (side) => ({
        ...added(data.amountMicroUsd)(side),
        lowBelowMicroUsd: data.lowBelowMicroUsd,
      })),
    'billing.wallet.credit-expired': (row, data, { position }) =>
      change(row, data, position, added(`-${data.amountMicroUsd}`)),
    'billing.wallet.drawn': (row, data, { position }) => {
      const told = { organizationId: data.organizationId, simulated: isRehearsal(data.postings) };
      return change(row, told, position, (side) => ({
        ...side,
        balanceMicroUsd: minus(side.balanceMicroUsd, data.drawnMicroUsd),
        heldMicroUsd: minus(side.heldMicroUsd, data.fromHoldMicroUsd),
        drawnMicroUsd: addIntegers(side.drawnMicroUsd, data.drawnMicroUsd),
      }));
    },
    'billing.wallet.hold-placed': (row, data, { position }) => change(row, data, position, held(data.amountMicroUsd)),
    'billing.wallet.hold-raised': (row, data, { position }) => change(row, data, position, held(data.byMicroUsd)),
    'billing.wallet.hold-voided': (row, data, { position }) =>
      change(row, data, position, held(`-${data.amountMicroUsd}`)),
    'billing.wallet.hold-expired': (row, data, { position }) =>
      change(row, data, position, held(`-${data.amountMicroUsd}`)),
  },
});
