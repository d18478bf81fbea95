import type { AutonomySet } from '@solyx/contracts/optimizer';
import { defineProjection } from '@solyx/eventing';
import type { Autonomy } from '../domain/policy';
import { POLICY_ID } from './set-autonomy.handler';

/** How far may the optimizer go? */
export const policyView = defineProjection<AutonomySet, Autonomy>({
  name: 'optimizer_policy',
  version: 1,
  key: () => POLICY_ID,
  organization: () => 'platform',
  initial: {
    level: 'observe',
    killSwitch: false,
    limits: { leasedNodesMax: 0, leaseMicroUsdPerHourMax: '0', leasesPerHourMax: 0 },
    at: '',
  },
  on: { 'optimizer.policy.autonomy-set': (_, data) => data },
});
