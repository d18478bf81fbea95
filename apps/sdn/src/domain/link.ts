import { accept, refuse, type Command, type Decider } from '@solyx/kernel';
import { LinkDeclared } from '@solyx/contracts/sdn';

export type LinkFacts = LinkDeclared['data'];
export type LinkCommand = Command<'DeclareLink', LinkFacts>;
export type LinkEvent = LinkDeclared;
export type LinkRefusal = 'NoRoute' | 'AlreadyExists';

/** Undefined until it is declared. */
export type Link = LinkFacts | undefined;

const sameLink = (a: LinkFacts, b: LinkFacts): boolean =>
  a.latencyUs === b.latencyUs &&
  a.bandwidthMbps === b.bandwidthMbps &&
  BigInt(a.egressMicroUsdPerGiB) === BigInt(b.egressMicroUsdPerGiB);

/**
 * A one-way connection. Its ends are its identity; its measures change, and each change is declared again.
 * A price below zero would make a circle pay for itself, so it is refused, as is a link from a site to itself.
 */
export const linkDecider: Decider<LinkCommand, Link, LinkEvent, LinkRefusal> = {
  name: 'sdn.link',
  initial: undefined,
  decide({ data }, link) {
    const { linkId, fromSite, toSite } = data;
    if (fromSite === toSite || BigInt(data.egressMicroUsdPerGiB) < 0n) {
      return refuse('NoRoute', { linkId, fromSite, toSite, egressMicroUsdPerGiB: data.egressMicroUsdPerGiB });
    }
    if (!link) return accept(LinkDeclared(data));
    if (link.fromSite !== fromSite || link.toSite !== toSite) return refuse('AlreadyExists', { linkId });
    return sameLink(link, data) ? accept() : accept(LinkDeclared(data));
  },
  evolve: (_, { data }) => data,
};

/** The one id of the link from one site to another; it is part of a subject, so it holds no dot. */
export const linkIdOf = (fromSite: string, toSite: string): string => `${fromSite}--${toSite}`;
