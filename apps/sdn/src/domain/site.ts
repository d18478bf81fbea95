import { accept, type Command, type Decider } from '@solyx/kernel';
import { SiteDeclared } from '@solyx/contracts/sdn';

export type SiteFacts = SiteDeclared['data'];
export type SiteCommand = Command<'DeclareSite', SiteFacts>;
export type SiteEvent = SiteDeclared;

/** Undefined until it is declared. */
export type Site = SiteFacts | undefined;

const sameSite = (a: SiteFacts, b: SiteFacts): boolean =>
  a.region === b.region && a.provider === b.provider && a.simulated === b.simulated;

/** A place where nodes or data are. Declaring it again as it is says nothing new. */
export const siteDecider: Decider<SiteCommand, Site, SiteEvent, never> = {
  name: 'sdn.site',
  initial: undefined,
  decide: ({ data }, site) => (site && sameSite(site, data) ? accept() : accept(SiteDeclared(data))),
  evolve: (_, { data }) => data,
};
