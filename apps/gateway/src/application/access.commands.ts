import { Injectable } from '@nestjs/common';
import { Clock, deriveId, derivePrefixedId, ROLES, SolyxError } from '@solyx/kernel';
import { Streams } from '@solyx/eventing';
import { apiKeyDecider } from '../domain/api-key';
import { joinTokenDecider } from '../domain/join-token';
import { nearest } from '../domain/nearest';
import { Freshness } from './freshness';
import { Gate } from './gate';
import { GatewaySettings } from './gateway-settings';
import { Keys } from './keys';
import type { Operation } from './operation';
import { codeOf, refusable, toRefusal, type Refusal } from './refusal';
import { contextOf, Requests, type Ack } from './requests';
import { TenantViews } from './tenant-views';
import { gatewayApiKey, type ApiKeyRow } from './views';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MINUTES_MAX = 24 * 60;
const DAYS_MAX = 366;
const KEYS_SHOWN = 100;

export interface JoinTokenView {
  readonly __typename: 'JoinToken';
  readonly token: string;
  readonly expiresAt: string;
  readonly command: string;
  readonly position: string;
}

export interface ApiKeyInput {
  readonly name: string;
  readonly roles: readonly string[];
  readonly days: number;
}

const within = (name: string, value: number, max: number): void => {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new SolyxError('InvalidArgument', `${name} is ${value}, not 1 to ${max}`, {}, { hint: `Write ${name}: 15.` });
};

/** Who may come in: join tokens for machines, keys for people and programs. */
@Injectable()
export class AccessCommands {
  constructor(
    private readonly streams: Streams,
    private readonly requests: Requests,
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly freshness: Freshness,
    private readonly keys: Keys,
    private readonly settings: GatewaySettings,
    private readonly clock: Clock,
  ) {}

  /** The token is derived from the request, so that a repeat is the same token; it lives minutes and works once. */
  async createJoinToken(
    operation: Operation,
    minutes: number,
    idempotencyKey: string,
  ): Promise<JoinTokenView | Refusal> {
    await this.gate.allow(operation, 'fleet:join');
    return refusable(async () => {
      within('minutes', minutes, MINUTES_MAX);
      const { requestId, at } = this.requests.identify(operation, 'createJoinToken', idempotencyKey, { minutes });
      const { id, key } = this.keys.derived('join', `${requestId} ${minutes}`);
      const expiresAt = new Date(Date.parse(at) + minutes * MINUTE_MS).toISOString();
      const { organizationId } = operation;
      const outcome = await this.streams.transact(
        joinTokenDecider,
        id,
        { type: 'CreateJoinToken', data: { tokenId: id, organizationId, hash: this.keys.hash(key), expiresAt, at } },
        contextOf(operation, requestId, deriveId(requestId, minutes)),
      );
      if (!outcome.accepted) return toRefusal('Conflict', outcome.reason, outcome.details, outcome.position);
      this.freshness.note(organizationId, outcome.position);
      return {
        __typename: 'JoinToken',
        token: key,
        expiresAt: outcome.state.expiresAt,
        command: `npx solyx agent join ${this.settings.publicUrl} ${key}`,
        position: String(outcome.position),
      };
    });
  }

  /** The key is shown once: a repeat finds that it exists, and cannot show it again. */
  async createApiKey(operation: Operation, input: ApiKeyInput, idempotencyKey: string) {
    await this.gate.allow(operation, 'keys:manage');
    return refusable(async () => {
      const { name, days } = input;
      within('days', days, DAYS_MAX);
      if (name.length === 0 || name.length > 128) {
        throw new SolyxError('InvalidArgument', 'name is not 1 to 128 characters', {}, { hint: 'Name its user.' });
      }
      const roles = checkRoles(input.roles);
      // What the platform's operator may do is handed on by an operator alone.
      if (roles.includes('operator')) await this.gate.allow(operation, 'entities:set');
      const { requestId, at } = this.requests.identify(operation, 'createApiKey', idempotencyKey, input);
      const keyId = this.keys.idFor(requestId);
      const key = this.keys.fresh('live', keyId);
      const expiresAt = new Date(Date.parse(at) + days * DAY_MS).toISOString();
      const data = {
        ...{ keyId, organizationId: operation.organizationId, name, roles, createdAt: at, expiresAt },
        hash: this.keys.hash(key),
      };
      const context = contextOf(operation, requestId, deriveId(requestId, data.hash));
      const outcome = await this.streams.transact(apiKeyDecider, keyId, { type: 'CreateApiKey', data }, context);
      if (!outcome.accepted) return toRefusal('Conflict', outcome.reason, { keyId }, outcome.position);
      this.freshness.note(operation.organizationId, outcome.position);
      return { __typename: 'NewApiKey' as const, id: keyId, key, expiresAt, position: String(outcome.position) };
    });
  }

  async revokeApiKey(operation: Operation, keyId: string, idempotencyKey: string): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'keys:manage');
    return refusable(async () => {
      const { requestId, at } = this.requests.identify(operation, 'revokeApiKey', idempotencyKey, { keyId });
      const { organizationId } = operation;
      const outcome = await this.streams.transact(
        apiKeyDecider,
        keyId.slice(0, 64),
        { type: 'RevokeApiKey', data: { keyId: keyId.slice(0, 64), organizationId, at } },
        contextOf(operation, requestId, derivePrefixedId('cmd', requestId, keyId)),
      );
      if (!outcome.accepted)
        return toRefusal(codeOf(outcome.reason), outcome.reason, outcome.details, outcome.position);
      this.freshness.note(organizationId, outcome.position);
      return { __typename: 'Ack', id: keyId, position: String(outcome.position) };
    });
  }

  async apiKeys(operation: Operation): Promise<readonly ApiKeyRow[]> {
    await this.gate.allow(operation, 'keys:manage');
    const page = await this.views.ownPage(operation, gatewayApiKey, { first: KEYS_SHOWN, order: 'newest' });
    return page.rows.map(({ row }) => row);
  }
}

function checkRoles(roles: readonly string[]): readonly string[] {
  const known = Object.keys(ROLES);
  const unknown = roles.find((role) => !known.includes(role));
  if (unknown !== undefined) {
    const meant = nearest(unknown, known);
    throw new SolyxError(
      'InvalidArgument',
      `there is no role "${unknown.slice(0, 40)}"`,
      {},
      {
        hint: meant ? `Did you mean ${meant}?` : `Roles are ${known.join(', ')}.`,
      },
    );
  }
  if (roles.length === 0 || roles.length > 8) {
    throw new SolyxError('InvalidArgument', 'a key has 1 to 8 roles', {}, { hint: `Roles are ${known.join(', ')}.` });
  }
  return [...new Set(roles)];
}
