import { Injectable } from '@nestjs/common';
import { OrganizationRegistered } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, Streams } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';

/** Opens an account for each organization. */
@Injectable()
export class OpenAccountHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(OrganizationRegistered)
  async open(event: Recorded<OrganizationRegistered>): Promise<void> {
    const { organizationId } = event.data;
    const data = { organizationId, currency: 'USD', at: this.clock.iso() } as const;
    const context = { ...causedBy(event), organizationId };
    await this.streams.transact(accountDecider, organizationId, { type: 'OpenAccount', data }, context);
  }
}
