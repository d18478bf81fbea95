import { lookup, Resolver } from 'node:dns/promises';
import type { Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';
import { bareHost, isPublicAddress, urlFault, type UrlPolicy } from '../../domain/webhooks/url-policy';

const RESOLVE_WITHIN_MS = 3_000;
const CONNECT_WITHIN_MS = 5_000;
/** Addresses of one name that are looked at. */
const ADDRESSES_MAX = 16;

/** All addresses of a name, in the order in which they are to be tried. Rejects where there is none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** The connection was not made, because of where it would have led. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** Asks name servers alone, without the machine's own host table, and without a thread that a slow answer would hold. */
export function publicResolve(): Resolve {
  const resolver = new Resolver({ timeout: RESOLVE_WITHIN_MS / 2, tries: 1 });
  return async (name) => {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length === 0) throw new AddressRefused('the name of the host has no address');
    return found;
  };
}

/** As programs on this machine do, `localhost` included: for developers. */
export const localResolve: Resolve = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new AddressRefused('the name of the host was not resolved in time'));
    const timer = setTimeout(late, ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * The addresses behind a host that may be connected to. One that may not refuses them all: a name that mixes public and
 * private addresses is a trick or a mistake.
 */
async function addressesOf(hostname: string, policy: UrlPolicy, resolve: Resolve): Promise<readonly string[]> {
  const host = bareHost(hostname);
  const found = ipaddr.isValid(host)
    ? [host]
    : (await within(RESOLVE_WITHIN_MS, resolve(host))).slice(0, ADDRESSES_MAX);
  if (found.length === 0) throw new AddressRefused('the name of the host has no address');
  if (!policy.allowPrivate && !found.every(isPublicAddress)) {
    throw new AddressRefused('the host leads to an address that is not on the public internet');
  }
  return found;
}

type Connector = buildConnector.connector;
type Options = buildConnector.Options;

/**
 * A connector of undici that decides by the address, at each connection: literals are checked, names are resolved here and
 * once, the socket goes to the address that was checked, and whom it reached is checked again. A name that changes its
 * answer between check and use finds no use.
 */
export function guardedConnector(policy: UrlPolicy, resolve: Resolve, tls: Record<string, unknown> = {}): Connector {
  const connect = buildConnector({ timeout: CONNECT_WITHIN_MS, ...tls });
  const toAddress = (options: Options, address: string): Promise<Socket> =>
    new Promise((done, fail) => {
      // The address alone decides where the socket goes; the name is what its certificate must be for.
      connect({ ...options, hostname: address, ...nameForTls(options.hostname) }, (error, socket) => {
        if (error) fail(error);
        else done(socket);
      });
    });
  const open = async (options: Options): Promise<Socket> => {
    const fault = urlFault(`${options.protocol}//${options.host ?? options.hostname}`, policy);
    if (fault !== undefined) throw new AddressRefused(`the address is refused: ${fault}`);
    let last: unknown;
    for (const address of (await addressesOf(options.hostname, policy, resolve)).slice(0, 2)) {
      try {
        return checked(await toAddress(options, address), policy);
      } catch (error) {
        if (error instanceof AddressRefused) throw error;
        last = error;
      }
    }
    throw last instanceof Error ? last : new Error('no connection');
  };
  return (options, callback) => {
    open(options).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };
}

/** The certificate must be for the name that the owner gave, although the socket goes to an address. */
const nameForTls = (hostname: string): { readonly servername?: string } =>
  ipaddr.isValid(bareHost(hostname)) ? {} : { servername: hostname };

function checked(socket: Socket, policy: UrlPolicy): Socket {
  const { remoteAddress } = socket;
  if (policy.allowPrivate || (remoteAddress !== undefined && isPublicAddress(remoteAddress))) return socket;
  socket.destroy();
  throw new AddressRefused('the connection reached an address that is not on the public internet');
}
