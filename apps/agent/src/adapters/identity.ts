import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createUser, fromSeed, type KeyPair } from 'nkeys.js';
import {
  AgentJoinResponse,
  AgentRenewResponse,
  readMessage,
  renewalText,
  type AgentJoinRequest,
  type AgentRenewRequest,
} from '@solyx/contracts/agent';
import { anchor, SolyxError, type ErrorCode } from '@solyx/kernel';
import { readJson, readText, writeDurably } from './files';

const ANSWER_WITHIN_MS = 15_000;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What the gateway made of this machine, without its secret. */
export interface Membership {
  readonly gatewayUrl: string;
  readonly nodeId: string;
  readonly organizationId: string;
  readonly natsUrl: string;
  readonly heartbeatSeconds: number;
  readonly joinedAt: string;
  /** Names the token it joined with, and does not show it. */
  readonly joinedWith?: string;
}

export interface Credentials {
  readonly jwt: string;
  readonly seed: Uint8Array;
  /** Milliseconds since 1970; from the JWT itself. */
  readonly issuedMs: number;
  readonly expiresMs: number;
}

export interface IdentityPlaces {
  readonly stateDir: string;
  readonly credsFile: string;
}

/** The format of `nsc`: what other tools of NATS read. */
const credsText = (jwt: string, seed: string): string =>
  [
    '-----BEGIN NATS USER JWT-----',
    jwt,
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n');

const BLOCK = /-+BEGIN [^-]+-+\s*([A-Za-z0-9_.=-]+)\s*-+END [^-]+-+/g;

/** Times that the server signed; an unreadable JWT is over already. */
export function timesOf(jwt: string): { readonly issuedMs: number; readonly expiresMs: number } {
  try {
    const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as {
      iat?: number;
      exp?: number;
    };
    const expiresMs = claims.exp === undefined ? Number.POSITIVE_INFINITY : claims.exp * 1000;
    return { issuedMs: (claims.iat ?? 0) * 1000, expiresMs };
  } catch {
    return { issuedMs: 0, expiresMs: 0 };
  }
}

/** The machine's key, its membership and its credentials, as files that only their owner reads. */
export class Identity {
  private constructor(
    private readonly places: IdentityPlaces,
    readonly membership: Membership,
    private current: Credentials,
  ) {}

  get credentials(): Credentials {
    return this.current;
  }

  get caFile(): string {
    return path.join(this.places.stateDir, 'nats-ca.pem');
  }

  /** Undefined where this machine has not joined yet, or is to join anew: `token` is another than it joined with. */
  static async load(places: IdentityPlaces, token?: string): Promise<Identity | undefined> {
    const membership = await readJson<Membership>(path.join(places.stateDir, 'membership.json'));
    const creds = await readText(places.credsFile);
    if (!membership || creds === undefined) return undefined;
    const { joinedWith } = membership;
    if (token !== undefined && joinedWith !== undefined && joinedWith !== anchor(token)) return undefined;
    const [jwt, seed] = [...creds.matchAll(BLOCK)].map((match) => match[1]);
    if (jwt === undefined || seed === undefined) return undefined;
    return new Identity(places, membership, { jwt, seed: encoder.encode(seed), ...timesOf(jwt) });
  }

  /**
   * Joins with a one-time token. The key is kept before it is shown, so that a join whose answer was lost is repeated
   * with the same key. Throws what the gateway says: token unknown, expired or spent.
   */
  static async join(
    places: IdentityPlaces,
    gatewayUrl: string,
    request: Omit<AgentJoinRequest, 'publicKey'>,
  ): Promise<Identity> {
    mkdirSync(places.stateDir, { recursive: true, mode: 0o700 });
    const { key, seed } = await keyOf(path.join(places.stateDir, 'key.seed'));
    const body: AgentJoinRequest = { ...request, publicKey: key.getPublicKey() };
    const answer = readMessage(AgentJoinResponse, await post(gatewayUrl, '/agents/join', body));
    const { nodeId, organizationId, natsUrl, natsCa, jwt, heartbeatSeconds } = answer;
    const joinedAt = new Date().toISOString();
    const joinedWith = anchor(request.token);
    const membership = { gatewayUrl, nodeId, organizationId, natsUrl, heartbeatSeconds, joinedAt, joinedWith };
    const identity = new Identity(places, membership, { jwt, seed: encoder.encode(seed), ...timesOf(jwt) });
    // What it was before must not stand beside what it is now.
    rmSync(places.credsFile, { force: true });
    if (natsCa !== undefined) await writeDurably(identity.caFile, natsCa);
    await writeDurably(path.join(places.stateDir, 'membership.json'), JSON.stringify(membership, null, 2));
    // Last, because these files together say that this machine has joined.
    await writeDurably(places.credsFile, credsText(jwt, seed));
    return identity;
  }

  /** A newer JWT for the same key; the proof is a signature by it. */
  async renew(gatewayUrl: string): Promise<void> {
    const { jwt, seed } = this.current;
    const at = new Date().toISOString();
    const signature = fromSeed(seed).sign(encoder.encode(renewalText(jwt, at)));
    const body: AgentRenewRequest = { jwt, at, signature: Buffer.from(signature).toString('base64url') };
    const answer = readMessage(AgentRenewResponse, await post(gatewayUrl, '/agents/renew', body));
    await writeDurably(this.places.credsFile, credsText(answer.jwt, decoder.decode(seed)));
    this.current = { jwt: answer.jwt, seed, ...timesOf(answer.jwt) };
  }
}

async function keyOf(file: string): Promise<{ key: KeyPair; seed: string }> {
  const kept = (await readText(file))?.trim();
  if (kept) return { key: fromSeed(encoder.encode(kept)), seed: kept };
  const key = createUser();
  const seed = decoder.decode(key.getSeed());
  await writeDurably(file, seed);
  return { key, seed };
}

async function post(gatewayUrl: string, route: string, body: unknown): Promise<unknown> {
  const url = new URL(route, gatewayUrl.endsWith('/') ? gatewayUrl : `${gatewayUrl}/`);
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch (error) {
    throw new SolyxError('Unavailable', `${url.origin} does not answer`, {}, { cause: error });
  }
  const answer = (await response.json().catch(() => undefined)) as Refusal | undefined;
  if (response.ok) return answer;
  throw refusalOf(answer, response.status);
}

interface Refusal {
  readonly error?: Refusal;
  readonly code?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly hint?: string;
}

function refusalOf(answer: Refusal | undefined, status: number): SolyxError {
  const { code, reason, message, hint } = answer?.error ?? answer ?? {};
  const known = (code ?? (status >= 500 ? 'Unavailable' : 'InvalidArgument')) as ErrorCode;
  return new SolyxError(
    known,
    message ?? `the gateway answered ${status}`,
    { status },
    {
      ...(hint === undefined ? {} : { hint }),
      ...(reason === undefined ? {} : { reason }),
    },
  );
}
