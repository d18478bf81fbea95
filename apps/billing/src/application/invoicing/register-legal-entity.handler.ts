import { Injectable } from '@nestjs/common';
import { LegalEntityRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { SIMULATED_LEGAL_ENTITY } from '../../domain/invoicing/default-entities';
import { legalEntityDecider } from '../../domain/invoicing/legal-entity';

/** Says who issues documents, and how it is printed. */
@Injectable()
export class RegisterLegalEntityHandler {
  constructor(private readonly streams: Streams) {}

  @OnEvent(LegalEntityRequested)
  async register(event: Recorded<LegalEntityRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'entities:set');
    const { requestId: _request, fingerprint: _fingerprint, ...wanted } = event.data;
    const data = { ...wanted, simulated: wanted.legalEntityId === SIMULATED_LEGAL_ENTITY };
    const context = causedBy(event, undefined, redelivered);
    const command = { type: 'RegisterLegalEntity', data } as const;
    await this.streams.transact(legalEntityDecider, wanted.legalEntityId, command, context);
  }
}
