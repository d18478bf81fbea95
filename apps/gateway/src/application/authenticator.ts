import { Injectable } from '@nestjs/common';
import { Clock, SolyxError } from '@solyx/kernel';
import { LruMap, Streams } from '@solyx/eventing';
import { apiKeyDecider, faultOf, type ApiKey } from '../domain/api-key';
import { Keys } from './keys';
import type { Caller } from './operation';

/** A revoked key is refused at most this late. */
const KEPT_MS = 2_000;
const KEPT_MAX = 10_000;
const BEARER = /^Bearer\s+(\S{1,256})$/i;

interface Kept {
  readonly key: ApiKey;
  readonly until: number;
}

const refused = (message: string, reason: string): SolyxError =>
  new SolyxError('Unauthenticated', message, {}, { reason });

/** Turns `Authorization: Bearer slx_…` into a caller. What is not well-formed is refused without any look-up. */
@Injectable()
export class Authenticator {
  private readonly kept = new LruMap<string, Kept>(KEPT_MAX);

  constructor(
    private readonly streams: Streams,
    private readonly keys: Keys,
    private readonly clock: Clock,
  ) {}

  /** Throws Unauthenticated. Which part was wrong is not told to those who guess. */
  async authenticate(authorization: string | undefined): Promise<Caller> {
    const text = BEARER.exec(authorization ?? '')?.[1];
    if (text === undefined) throw refused('no API key was sent', 'KeyMissing');
    const parsed = this.keys.parse(text);
    if (!parsed || parsed.kind === 'join') throw refused('this is not an API key', 'KeyMalformed');
    const key = await this.load(parsed.id);
    const hash = this.keys.hash(text);
    const matches = this.keys.matches(hash, key.hash === '' ? '0'.repeat(hash.length) : key.hash);
    const fault = matches ? faultOf(key, this.clock.iso()) : 'KeyUnknown';
    if (fault !== undefined) throw refused('the API key opens nothing', fault);
    return {
      organizationId: key.organizationId,
      actor: { kind: 'key', id: parsed.id, roles: key.roles },
    };
  }

  private async load(id: string): Promise<ApiKey> {
    const now = this.clock.now();
    const kept = this.kept.get(id);
    if (kept && kept.until > now) return kept.key;
    const { state } = await this.streams.load(apiKeyDecider, id);
    this.kept.set(id, { key: state, until: now + KEPT_MS });
    return state;
  }
}
