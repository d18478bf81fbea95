import { Injectable } from '@nestjs/common';
import type { NumberedDocument } from '@solyx/contracts';
import type { LegalEntityRegistered } from '@solyx/contracts/billing';
import { Streams, type CommandContext } from '@solyx/eventing';
import { Clock, SolyxError } from '@solyx/kernel';
import { defaultEntity } from '../../domain/invoicing/default-entities';
import { legalEntityDecider, numberOf, type AssignedNumber } from '../../domain/invoicing/legal-entity';
import { transactWhenReady } from '../transact-when-ready';

export interface Numbering {
  readonly legalEntityId: string;
  readonly organizationId: string;
  readonly document: NumberedDocument;
  readonly documentId: string;
}

export interface Numbered {
  /** As it is registered now. */
  readonly entity: LegalEntityRegistered['data'];
  readonly assigned: AssignedNumber;
}

/** The next number of a legal entity, or the one that the document has. Unavailable until the entity is registered. */
@Injectable()
export class DocumentNumbers {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  async assign(wanted: Numbering, context: CommandContext): Promise<Numbered> {
    const { legalEntityId, document, documentId } = wanted;
    await this.registerDefault(legalEntityId, context);
    const { state } = await transactWhenReady(this.streams, {
      decider: legalEntityDecider,
      id: legalEntityId,
      command: { type: 'AssignNumber', data: { ...wanted, at: this.clock.iso() } },
      context,
    });
    const assigned = numberOf(state, document, documentId);
    if (state.registered && assigned) return { entity: state.registered, assigned };
    throw new SolyxError('Internal', `${legalEntityId} gave ${documentId} no number`, { legalEntityId, documentId });
  }

  /** The two legal entities that need nobody to register them. */
  private async registerDefault(legalEntityId: string, context: CommandContext): Promise<void> {
    const entity = defaultEntity(legalEntityId);
    if (!entity) return;
    const { state } = await this.streams.load(legalEntityDecider, legalEntityId);
    if (state.registered) return;
    const command = { type: 'RegisterLegalEntity', data: { ...entity, at: this.clock.iso() } } as const;
    await this.streams.transact(legalEntityDecider, legalEntityId, command, context);
  }
}
