import { Injectable } from '@nestjs/common';
import { PlanRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, Streams } from '@solyx/eventing';
import { Clock, permit, type Recorded } from '@solyx/kernel';
import { planDecider, planOf } from '../domain/plan';
import { PartitionInbox } from './partition-inbox';

/** Answers what would happen now, and at what price. */
@Injectable()
export class PlanWorkloadHandler {
  constructor(
    private readonly streams: Streams,
    private readonly inbox: PartitionInbox,
    private readonly clock: Clock,
  ) {}

  @OnEvent(PlanRequested)
  async plan(event: Recorded<PlanRequested>): Promise<void> {
    permit(event.metadata.actor, 'plan:read');
    const { planId, spec } = event.data;
    const { organizationId } = event.metadata;
    const plan = planOf(await this.inbox.state(), { planId, organizationId, spec, at: this.clock.iso() });
    await this.streams.transact(planDecider, planId, { type: 'RecordPlan', data: plan }, causedBy(event));
  }
}
