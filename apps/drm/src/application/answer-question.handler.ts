import { Injectable } from '@nestjs/common';
import { EtaRequested, ExplanationRequested, FleetFiguresRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, Streams } from '@solyx/eventing';
import { Clock, permit, type Recorded } from '@solyx/kernel';
import { etaDecider, etaOf } from '../domain/eta';
import { fleetDecider, fleetFigures } from '../domain/fleet-figures';
import { whyDecider, whyOf } from '../domain/why';
import { PartitionInbox } from './partition-inbox';

/** Answers when work should start, why it waits, and what of the fleet is of use: each once, from the journal alone. */
@Injectable()
export class AnswerQuestionHandler {
  constructor(
    private readonly streams: Streams,
    private readonly inbox: PartitionInbox,
    private readonly clock: Clock,
  ) {}

  @OnEvent(EtaRequested)
  async eta(event: Recorded<EtaRequested>): Promise<void> {
    permit(event.metadata.actor, 'plan:read');
    const { etaId, jobId, spec } = event.data;
    const { organizationId } = event.metadata;
    const asked = { etaId, organizationId, workloadId: jobId, spec, at: this.clock.iso() };
    const eta = etaOf(await this.inbox.state(), asked);
    await this.streams.transact(etaDecider, etaId, { type: 'RecordEta', data: eta }, causedBy(event));
  }

  @OnEvent(ExplanationRequested)
  async why(event: Recorded<ExplanationRequested>): Promise<void> {
    permit(event.metadata.actor, 'jobs:read');
    const { explanationId, jobId } = event.data;
    const { organizationId } = event.metadata;
    const asked = { explanationId, organizationId, workloadId: jobId, at: this.clock.iso() };
    const why = whyOf(await this.inbox.state(), asked);
    await this.streams.transact(whyDecider, explanationId, { type: 'RecordExplanation', data: why }, causedBy(event));
  }

  @OnEvent(FleetFiguresRequested)
  async figures(event: Recorded<FleetFiguresRequested>): Promise<void> {
    permit(event.metadata.actor, 'fleet:read');
    const { fleetId } = event.data;
    const figures = fleetFigures(await this.inbox.state(), { fleetId, at: this.clock.iso() });
    await this.streams.transact(fleetDecider, fleetId, { type: 'RecordFigures', data: figures }, causedBy(event));
  }
}
