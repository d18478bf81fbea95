import { Injectable } from '@nestjs/common';
import { reasonOf, type NumberedDocument } from '@solyx/contracts';
import type { LegalEntityRegistered } from '@solyx/contracts/billing';
import { Streams, type CommandContext } from '@solyx/eventing';
import { Clock, SolyxError } from '@solyx/kernel';
import { defaultEntity } from '../../domain/invoicing/default-entities';
import { legalEntityDecider, numberOf, type AssignedNumber } from '../../domain/invoicing/legal-entity';

export interface Numbering {
  readonly legalEntityId: string;
  readonly organizationId: string;
  readonly document: NumberedDocument;
  readonly documentId: string;
}

/** Legal entities, and the next number of each, or the one that a document has. */
@Injectable()
export class DocumentNumbers {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  /** Who issues, as it is registered now; two need nobody to register them. Unavailable until an other is. */
  async entity(legalEntityId: string, context: CommandContext): Promise<LegalEntityRegistered['data']> {
    const { state } = await this.streams.load(legalEntityDecider, legalEntityId);
    if (state.registered) return state.registered;
    const entity = defaultEntity(legalEntityId);
    if (!entity) {
      const { message, hint } = reasonOf('LegalEntityUnknown');
      throw new SolyxError('Unavailable', message, { legalEntityId }, { reason: 'LegalEntityUnknown', hint });
    }
    const data = { ...entity, at: this.clock.iso() };
    await this.streams.transact(legalEntityDecider, legalEntityId, { type: 'RegisterLegalEntity', data }, context);
    return data;
  }

  /** Once it has asked for `entity`, whoever asks gets a number; whoever asks again gets the same. */
  async assign(wanted: Numbering, context: CommandContext): Promise<AssignedNumber> {
    const { legalEntityId, document, documentId } = wanted;
    const command = { type: 'AssignNumber', data: { ...wanted, at: this.clock.iso() } } as const;
    const outcome = await this.streams.transact(legalEntityDecider, legalEntityId, command, context);
    const assigned = outcome.accepted ? numberOf(outcome.state, document, documentId) : undefined;
    if (assigned) return assigned;
    throw new SolyxError('Internal', `${legalEntityId} gave ${documentId} no number`, { legalEntityId, documentId });
  }
}
