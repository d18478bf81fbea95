import type { ChargeKind } from '@solyx/contracts';
import type { DrawCharge, HoldCredit, WalletCommand } from '../domain/wallet';
import type { CreditOutage, GrantCredit, TopUp } from '../domain/wallet-credit';
import type { WantedPart } from '../domain/wallet-draw';
import { ORGANIZATION } from './fixtures';

export const DAY = (day: number, hour = 0): string => new Date(Date.UTC(2026, 0, day, hour)).toISOString();
export const NOW = DAY(10);
export const FAR = DAY(30);

export const grantData = (grantId: string, amount: number, change: Partial<GrantCredit> = {}): GrantCredit => ({
  grantId,
  organizationId: ORGANIZATION,
  kind: 'promotion',
  simulated: false,
  amountMicroUsd: String(amount),
  priority: 50,
  categories: [],
  projects: [],
  note: 'welcome',
  at: DAY(1),
  ...change,
});
export const topUpData = (grantId: string, amount: number, change: Partial<TopUp> = {}): TopUp => ({
  grantId,
  organizationId: ORGANIZATION,
  simulated: false,
  amountMicroUsd: String(amount),
  reference: `wire ${grantId}`,
  confirmed: true,
  at: DAY(1),
  ...change,
});
export const outageEvent = (eventId: string, type = 'drm.node.lost') => ({
  stream: 'drm.node-n1',
  revision: '3',
  position: '77',
  type,
  eventId,
});
export const outageData = (grantId: string, amount: number, change: Partial<CreditOutage> = {}): CreditOutage => ({
  grantId,
  organizationId: ORGANIZATION,
  simulated: false,
  amountMicroUsd: String(amount),
  priority: 50,
  categories: [],
  projects: [],
  outage: [outageEvent('e1')],
  missing: [],
  note: 'Node n1 was lost for an hour.',
  at: DAY(1),
  ...change,
});
export const holdWish = (holdId: string, amount: number, change: Partial<HoldCredit> = {}): HoldCredit => ({
  holdId,
  organizationId: ORGANIZATION,
  jobId: `job of ${holdId}`,
  project: 'vision',
  simulated: false,
  amountMicroUsd: String(amount),
  expiresAt: FAR,
  at: NOW,
  ...change,
});
export const wants = (amount: number, kind: ChargeKind = 'gpu', simulated = false): WantedPart => ({
  kind,
  simulated,
  amount: BigInt(amount),
});
export const drawData = (
  chargeId: string,
  wanted: readonly WantedPart[],
  change: Partial<DrawCharge> = {},
): DrawCharge => ({
  chargeId,
  organizationId: ORGANIZATION,
  project: 'vision',
  period: '2026-01',
  wanted,
  prepaid: false,
  postedAt: NOW,
  at: NOW,
  ...change,
});

export const grant = (...of: Parameters<typeof grantData>) =>
  ({ type: 'GrantCredit', data: grantData(...of) }) as const satisfies WalletCommand;
export const topUp = (...of: Parameters<typeof topUpData>) =>
  ({ type: 'TopUp', data: topUpData(...of) }) as const satisfies WalletCommand;
export const makeUp = (...of: Parameters<typeof outageData>) =>
  ({ type: 'CreditOutage', data: outageData(...of) }) as const satisfies WalletCommand;
export const hold = (...of: Parameters<typeof holdWish>) =>
  ({ type: 'PlaceHold', data: holdWish(...of) }) as const satisfies WalletCommand;
export const raise = (holdId: string, amount: number, at = NOW) => {
  const data = { holdId, organizationId: ORGANIZATION, jobId: `job of ${holdId}`, amountMicroUsd: String(amount), at };
  return { type: 'RaiseHold', data } as const satisfies WalletCommand;
};
export const free = (holdId: string, simulated = false) => {
  const data = { holdId, organizationId: ORGANIZATION, jobId: `job of ${holdId}`, simulated, at: NOW };
  return { type: 'VoidHold', data } as const satisfies WalletCommand;
};
export const draw = (...of: Parameters<typeof drawData>) =>
  ({ type: 'DrawCharge', data: drawData(...of) }) as const satisfies WalletCommand;
export const expire = (at: string) =>
  ({ type: 'ExpireDue', data: { organizationId: ORGANIZATION, at } }) as const satisfies WalletCommand;
