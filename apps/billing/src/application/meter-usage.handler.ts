import { Injectable } from '@nestjs/common';
import type { Allocation } from '@solyx/contracts';
import { AllocationGranted, AllocationReleased } from '@solyx/contracts/drm';
import { causedBy, OnEvent, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, SolyxError, type Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import { MeterReader } from './meter-reader';

/** The scheduler's journal belongs to no tenant; what it means for one is recorded as that tenant's. */
const forTenant = (event: Recorded, organizationId: string): CommandContext => ({ ...causedBy(event), organizationId });

export const providersOf = ({ shares }: Allocation): readonly string[] =>
  shares.filter(({ source }) => source === 'shared').map(({ provider }) => provider);

/** Starts the meter at the grant and charges the rest at the release. Both may come twice, late, or the wrong way around. */
@Injectable()
export class MeterUsageHandler {
  constructor(
    private readonly streams: Streams,
    private readonly reader: MeterReader,
    private readonly clock: Clock,
  ) {}

  @OnEvent(AllocationGranted)
  async open(event: Recorded<AllocationGranted>): Promise<void> {
    const { allocation } = event.data;
    const { organizationId } = allocation;
    const data = { allocation, eventId: event.id, position: event.position.toString(), at: this.clock.iso() };
    const context = forTenant(event, organizationId);
    await this.streams.transact(accountDecider, organizationId, { type: 'OpenUsage', data }, context);
  }

  @OnEvent(AllocationReleased)
  async charge(event: Recorded<AllocationReleased>): Promise<void> {
    const { allocationId, organizationId, at } = event.data;
    const { state } = await this.streams.load(accountDecider, organizationId);
    if (!state.usages.has(allocationId)) {
      const about = { reason: 'UsageUnknown' } as const;
      throw new SolyxError('Unavailable', `the grant of ${allocationId} comes first`, { allocationId }, about);
    }
    const release = { eventId: event.id, position: event.position.toString() };
    const reading = { organizationId, allocationId, until: at, release };
    await this.reader.read(reading, forTenant(event, organizationId));
  }
}
