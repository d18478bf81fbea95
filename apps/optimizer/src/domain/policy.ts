import { accept, type Command, type Decider } from '@solyx/kernel';
import { AutonomySet } from '@solyx/contracts/optimizer';

export type Autonomy = AutonomySet['data'];
export type PolicyCommand = Command<'SetAutonomy', Autonomy> | Command<'BeginWithAutonomy', Autonomy>;
export type PolicyEvent = AutonomySet;

/** Undefined until it is set. */
export type Policy = Autonomy | undefined;

const same = (a: Autonomy, b: Autonomy): boolean =>
  a.level === b.level &&
  a.killSwitch === b.killSwitch &&
  a.limits.leasedNodesMax === b.limits.leasedNodesMax &&
  a.limits.leasesPerHourMax === b.limits.leasesPerHourMax &&
  BigInt(a.limits.leaseMicroUsdPerHourMax) === BigInt(b.limits.leaseMicroUsdPerHourMax);

/** How far the optimizer may go. The configuration only says how it begins; from then on people do. */
export const policyDecider: Decider<PolicyCommand, Policy, PolicyEvent, never> = {
  name: 'optimizer.policy',
  initial: undefined,
  decide({ type, data }, policy) {
    if (!policy) return accept(AutonomySet(data));
    return type === 'BeginWithAutonomy' || same(policy, data) ? accept() : accept(AutonomySet(data));
  },
  evolve: (_, { data }) => data,
};
