import { Injectable } from '@nestjs/common';
import { Clock, deriveId } from '@solyx/kernel';
import { EventLog, LiveTail, onOccasion, Streams } from '@solyx/eventing';
import { apiKeyDecider } from '../domain/api-key';
import { joinTokenDecider } from '../domain/join-token';
import { organizationDecider } from '../domain/organization';
import { Freshness } from './freshness';
import { GatewaySettings } from './gateway-settings';

/** Who starts a platform runs it, and owns its first organization. */
const FIRST_ROLES = ['owner', 'operator'] as const;

/** Records the first organization, its owner's key and this machine's join token, where they are not known yet. */
@Injectable()
export class Bootstrap {
  constructor(
    private readonly streams: Streams,
    private readonly log: EventLog,
    private readonly tail: LiveTail,
    private readonly freshness: Freshness,
    private readonly settings: GatewaySettings,
    private readonly clock: Clock,
  ) {}

  /** May be called at each start, by any number of processes. */
  async run(): Promise<void> {
    await this.tail.start();
    const { organization, keyId, keyHash } = this.settings.bootstrap;
    if (organization === undefined) return;
    const at = this.clock.iso();
    await this.streams.transact(
      organizationDecider,
      organization,
      { type: 'RegisterOrganization', data: { organizationId: organization, name: organization, at } },
      onOccasion('gateway', deriveId('bootstrap-organization', organization), organization),
    );
    if (keyId !== undefined && keyHash !== undefined) await this.key(organization, keyId, keyHash, at);
    await this.joinToken(organization, at);
    // The first question of the first owner is answered from all this.
    this.freshness.note(organization, await this.log.head());
  }

  private async key(organizationId: string, keyId: string, hash: string, createdAt: string): Promise<void> {
    const data = { keyId, organizationId, name: 'first owner', hash, roles: FIRST_ROLES, createdAt };
    const occasion = onOccasion('gateway', deriveId('bootstrap-key', keyId, hash), organizationId);
    await this.streams.transact(apiKeyDecider, keyId, { type: 'CreateApiKey', data }, occasion);
  }

  private async joinToken(organizationId: string, at: string): Promise<void> {
    const { joinTokenId: tokenId, joinTokenHash: hash, joinTokenExpiresAt: expiresAt } = this.settings.bootstrap;
    if (tokenId === undefined || hash === undefined || expiresAt === undefined) return;
    const occasion = onOccasion('gateway', deriveId('bootstrap-join', tokenId, hash), organizationId);
    const data = { tokenId, organizationId, hash, expiresAt, at };
    await this.streams.transact(joinTokenDecider, tokenId, { type: 'CreateJoinToken', data }, occasion);
  }
}
