import { Clock, SolyxError } from '@solyx/kernel';
import { issueAgentCredentials, type AgentSigner } from '@solyx/platform';
import { fromPublic, fromSeed } from 'nkeys.js';
import { AgentIdentities } from '../application/agent-identities';

const DAY_SECONDS = 86_400;
const LIFE_SECONDS = 90 * DAY_SECONDS;

interface Claims {
  readonly exp?: number;
  readonly iss: string;
  readonly name: string;
  readonly sub: string;
}

/** NATS JWTs (ADR-14) for agents, signed by the account's signing key; the server limits each to its own subjects. */
export class NatsAgentIdentities extends AgentIdentities {
  constructor(
    private readonly signer: AgentSigner | undefined,
    private readonly clock: Clock,
  ) {
    super();
  }

  override issue(nodeId: string, publicKey: string): { readonly jwt: string; readonly expiresAt: string } {
    const signer = this.required();
    const jwt = issueAgentCredentials(signer, { nodeId, publicKey, expiresInSeconds: LIFE_SECONDS });
    return { jwt, expiresAt: new Date(((decode(jwt)?.exp ?? 0) || 0) * 1000).toISOString() };
  }

  override read(jwt: string): { readonly nodeId: string; readonly publicKey: string } | undefined {
    const claims = decode(jwt);
    if (!claims || claims.iss !== fromSeed(Buffer.from(this.required().seed)).getPublicKey()) return undefined;
    const [header, body, signature] = jwt.split('.');
    if (!this.verify(claims.iss, `${header ?? ''}.${body ?? ''}`, signature ?? '')) return undefined;
    // A machine that slept past its JWT's end may still renew it, for a day.
    if ((claims.exp ?? 0) + DAY_SECONDS < this.clock.now() / 1000) return undefined;
    return { nodeId: claims.name, publicKey: claims.sub };
  }

  override verify(publicKey: string, text: string, signature: string): boolean {
    try {
      return fromPublic(publicKey).verify(Buffer.from(text), Buffer.from(signature, 'base64url'));
    } catch {
      return false;
    }
  }

  private required(): AgentSigner {
    if (this.signer) return this.signer;
    throw new SolyxError(
      'FailedPrecondition',
      'this gateway has no signing key for agents',
      {},
      {
        reason: 'NoAgentSigner',
        hint: 'Set SOLYX_GATEWAY_AGENT_SIGNER to the file that the launcher writes.',
      },
    );
  }
}

function decode(jwt: string): Claims | undefined {
  try {
    const body = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8');
    const claims = JSON.parse(body) as Partial<Claims> | null;
    const { iss, name, sub, exp } = claims ?? {};
    if (typeof iss !== 'string' || typeof name !== 'string' || typeof sub !== 'string') return undefined;
    return { iss, name, sub, ...(typeof exp === 'number' ? { exp } : {}) };
  } catch {
    return undefined;
  }
}
