import { Injectable } from '@nestjs/common';
import { BillingProfileRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';

type Wish = BillingProfileRequested['data'];

/** What an organization may say of its own account; the rest is the operator's to say. */
const isOfTheOperator = ({ accountId, graceHours, legalEntityId, mode, plan }: Wish, own: string): boolean =>
  (accountId !== undefined && accountId !== own) ||
  [graceHours, legalEntityId, mode, plan].some((value) => value !== undefined);

/** Changes how an account is billed; what the wish leaves out stays as it is. */
@Injectable()
export class SetProfileHandler {
  constructor(private readonly streams: Streams) {}

  @OnEvent(BillingProfileRequested)
  async set(event: Recorded<BillingProfileRequested>, { redelivered }: Delivery): Promise<void> {
    const { actor, organizationId: own } = event.metadata;
    permit(actor, isOfTheOperator(event.data, own) ? 'entities:set' : 'budgets:set');
    const { requestId: _request, fingerprint: _fingerprint, accountId = own, ...wish } = event.data;
    const data = { ...wish, organizationId: accountId };
    const context = { ...causedBy(event, undefined, redelivered), organizationId: accountId };
    await this.streams.transact(accountDecider, accountId, { type: 'SetProfile', data }, context);
  }
}
