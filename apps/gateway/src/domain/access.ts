import { refuse, type Command, type Decider, type DomainEvent } from '@solyx/kernel';

export type AccessCommand = Command<'Deny', { readonly operation: string; readonly actorId: string }>;

/** A denial as a decision, so that it is recorded as every refusal is. It never accepts. */
export const accessDecider: Decider<AccessCommand, null, DomainEvent, 'PermissionDenied'> = {
  name: 'gateway.access',
  initial: null,
  decide: ({ data }) => refuse('PermissionDenied', data),
  evolve: (state) => state,
};
