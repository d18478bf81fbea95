import ipaddr from 'ipaddr.js';

/** Where deliveries may go. */
export interface UrlPolicy {
  /** `https:` alone, unless this is a developer's machine. */
  readonly protocols: readonly string[];
  /** Empty: any. */
  readonly ports: readonly number[];
  /** Addresses that the public internet does not reach. */
  readonly allowPrivate: boolean;
}

export const PUBLIC_POLICY: UrlPolicy = { protocols: ['https:'], ports: [443, 8443], allowPrivate: false };
export const LOCAL_POLICY: UrlPolicy = { protocols: ['https:', 'http:'], ports: [], allowPrivate: true };

/**
 * Only plain unicast of the public internet: not loopback, private, link-local (where clouds keep their metadata),
 * carrier-grade NAT, multicast, reserved, documentation, nor any form of IPv6 that carries an IPv4 address inside
 * (mapped, compatible, 6to4, Teredo, NAT64), for a translator may lead it anywhere.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv6 ? isGlobalUnicast(address) : true;
}

/** IPv6 hands out addresses of 2000::/3 alone; the rest of `unicast` is nobody's, or translates. */
const isGlobalUnicast = (address: ipaddr.IPv6): boolean => ((address.parts[0] ?? 0) & 0xe000) === 0x2000;

/** The host of an address as the connection needs it: without the brackets of IPv6. */
export const bareHost = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

const NOT_PUBLIC = ['localhost', 'local', 'internal', 'localdomain', 'home.arpa', 'intranet', 'lan'];

/** Names that no public name server answers for. That they resolve to no private address is checked at each connect. */
const isPublicName = (name: string): boolean => {
  const plain = name.toLowerCase().replace(/\.$/, '');
  return plain.includes('.') && !NOT_PUBLIC.some((suffix) => plain === suffix || plain.endsWith(`.${suffix}`));
};

const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));

/** Why nothing may be sent to an address, in words; undefined where something may. */
export function urlFault(text: string, policy: UrlPolicy): string | undefined {
  if (!URL.canParse(text)) return 'it is no address';
  const url = new URL(text);
  if (!policy.protocols.includes(url.protocol)) return `it must begin with ${policy.protocols.join(' or ')}//`;
  if (url.username !== '' || url.password !== '') return 'it must hold no user name and no password';
  if (policy.ports.length > 0 && !policy.ports.includes(portOf(url)))
    return `its port must be ${policy.ports.join(' or ')}`;
  if (policy.allowPrivate) return undefined;
  const host = bareHost(url.hostname);
  const isPublic = ipaddr.isValid(host) ? isPublicAddress(host) : isPublicName(host);
  return isPublic ? undefined : 'its host is not on the public internet';
}
