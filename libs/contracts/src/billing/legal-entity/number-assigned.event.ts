import { IsIn, IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { NUMBERED_DOCUMENTS } from '../../values';

class NumberAssignedV1 {
  @IsString()
  @Length(1, 128)
  readonly legalEntityId!: string;
  /** Whose document it is. */
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsIn(NUMBERED_DOCUMENTS)
  readonly document!: (typeof NUMBERED_DOCUMENTS)[number];
  @IsString()
  @Length(1, 128)
  readonly documentId!: string;
  /** As printed. */
  @IsString()
  @Length(1, 128)
  readonly number!: string;
  /** From 1, one after another, per kind of document. */
  @IsInt()
  @Min(1)
  readonly sequence!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The next number of a series belongs to one document, for ever. One stream, so there is no gap and none is given twice. */
export const NumberAssigned = defineEvent('billing.legalEntity.number-assigned', 1, NumberAssignedV1);
export type NumberAssigned = EventOf<typeof NumberAssigned>;
