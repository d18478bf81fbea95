import { Injectable } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import { accountDecider } from '../../domain/account';
import type { AccountProfile } from '../../domain/account-state';

/** How accounts are billed. */
@Injectable()
export class AccountProfiles {
  constructor(private readonly streams: Streams) {}

  async of(organizationId: string): Promise<AccountProfile> {
    const { state } = await this.streams.load(accountDecider, organizationId);
    return state.profile;
  }
}
