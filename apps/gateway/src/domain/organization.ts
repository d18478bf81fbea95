import { accept, refuse, type Command, type Decider } from '@solyx/kernel';
import { OrganizationRegistered } from '@solyx/contracts/gateway';

export type OrganizationCommand = Command<'RegisterOrganization', OrganizationRegistered['data']>;

export interface Organization {
  readonly phase: 'None' | 'Registered';
  readonly name: string;
}

/** A tenant of the platform. */
export const organizationDecider: Decider<OrganizationCommand, Organization, OrganizationRegistered, 'AlreadyExists'> =
  {
    name: 'gateway.organization',
    initial: { phase: 'None', name: '' },
    decide({ data }, organization) {
      if (organization.phase === 'None') return accept(OrganizationRegistered(data));
      return organization.name === data.name
        ? accept()
        : refuse('AlreadyExists', { organizationId: data.organizationId });
    },
    evolve: (_organization, { data }) => ({ phase: 'Registered', name: data.name }),
  };
