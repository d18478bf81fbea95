import { accept, refuse, type Command, type Decider } from '@solyx/kernel';
import { ApiKeyCreated, ApiKeyRevoked } from '@solyx/contracts/gateway';

export type ApiKeyCommand =
  Command<'CreateApiKey', ApiKeyCreated['data']> | Command<'RevokeApiKey', ApiKeyRevoked['data']>;
export type ApiKeyEvent = ApiKeyCreated | ApiKeyRevoked;
export type ApiKeyRefusal = 'AlreadyExists' | 'KeyUnknown';

export interface ApiKey {
  readonly phase: 'None' | 'Active' | 'Revoked';
  readonly organizationId: string;
  readonly name: string;
  /** HMAC-SHA-256 of the key, hex. */
  readonly hash: string;
  readonly roles: readonly string[];
  /** ISO 8601 UTC; left out: it does not expire. */
  readonly expiresAt?: string;
}

export const apiKeyDecider: Decider<ApiKeyCommand, ApiKey, ApiKeyEvent, ApiKeyRefusal> = {
  name: 'gateway.apiKey',
  initial: { phase: 'None', organizationId: '', name: '', hash: '', roles: [] },

  decide({ type, data }, key) {
    switch (type) {
      case 'CreateApiKey':
        if (key.phase === 'None') return accept(ApiKeyCreated(data));
        return key.hash === data.hash ? accept() : refuse('AlreadyExists', { keyId: data.keyId });
      case 'RevokeApiKey':
        // Another tenant's key is as unknown as one that never was.
        if (key.phase === 'None' || key.organizationId !== data.organizationId) return refuse('KeyUnknown');
        return key.phase === 'Active' ? accept(ApiKeyRevoked(data)) : accept();
    }
  },

  evolve(key, event) {
    if (event.type === 'gateway.apiKey.revoked') return { ...key, phase: 'Revoked' };
    const { organizationId, name, hash, roles, expiresAt } = event.data;
    const known = { phase: 'Active' as const, organizationId, name, hash, roles };
    return expiresAt === undefined ? known : { ...known, expiresAt };
  },
};

/** Why a key does not open the gateway now; undefined where it does. `now` is ISO 8601 UTC. */
export function faultOf(key: ApiKey, now: string): 'KeyRevoked' | 'KeyExpired' | 'KeyUnknown' | undefined {
  if (key.phase === 'None') return 'KeyUnknown';
  if (key.phase === 'Revoked') return 'KeyRevoked';
  return key.expiresAt !== undefined && key.expiresAt <= now ? 'KeyExpired' : undefined;
}
