import { PLATFORM_ORGANIZATION } from '@solyx/kernel';
import type { PolicyAdopted, ShadowPricesObserved } from '@solyx/contracts/drm';
import { defineProjection } from '@solyx/eventing';
import { LATEST } from './explanation.projections';

export interface SchedulerRow {
  readonly policy: string;
  /** Null: since the first decision. */
  readonly policySince: string | null;
  readonly pricesVersion: number;
  readonly pricesSince: string | null;
  readonly solver: string | null;
  readonly slices: ShadowPricesObserved['data']['slices'];
  readonly position: string;
}

/** What decides for a journal that names no policy. */
const FIRST_POLICY = 'best-fit/1';

/** The policy in force and the prices of slices that it goes by. */
export const gatewayScheduler = defineProjection<PolicyAdopted | ShadowPricesObserved, SchedulerRow>({
  name: 'gateway_scheduler',
  version: 1,
  key: () => LATEST,
  organization: () => PLATFORM_ORGANIZATION,
  initial: {
    ...{ policy: FIRST_POLICY, policySince: null, pricesVersion: 0, pricesSince: null, solver: null, slices: [] },
    position: '0',
  },
  on: {
    'drm.partition.policy-adopted': (row, { policy, at }, { position }) => ({
      ...row,
      policy,
      policySince: at,
      position: String(position),
    }),
    'drm.partition.shadow-prices-observed': (row, { version, slices, solver, at }, { position }) => ({
      ...row,
      slices,
      solver,
      pricesVersion: version,
      pricesSince: at,
      position: String(position),
    }),
  },
});
