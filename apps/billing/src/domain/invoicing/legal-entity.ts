import { accept, canonicalJson, PersistentMap, refuse, type Command, type Decider } from '@solyx/kernel';
import type { SnapshotCodec } from '@solyx/kernel';
import type { NumberedDocument } from '@solyx/contracts';
import { LegalEntityRegistered, NumberAssigned } from '@solyx/contracts/billing';

export type AssignNumber = Omit<NumberAssigned['data'], 'number' | 'sequence'>;

export type LegalEntityCommand =
  Command<'RegisterLegalEntity', LegalEntityRegistered['data']> | Command<'AssignNumber', AssignNumber>;
export type LegalEntityEvent = LegalEntityRegistered | NumberAssigned;
export type LegalEntityRefusal = 'LegalEntityUnknown' | 'LegalEntityFixed';

export interface AssignedNumber {
  readonly number: string;
  readonly sequence: number;
  readonly at: string;
}

export interface LegalEntity {
  readonly registered: LegalEntityRegistered['data'] | undefined;
  /** How many numbers of each series were given. */
  readonly given: Readonly<Record<NumberedDocument, number>>;
  /** By kind of document and its id: whoever asks again gets the same. */
  readonly numbers: PersistentMap<AssignedNumber>;
  /** When the last number was given: numbers and dates go the same way, whatever clocks do. */
  readonly lastAt: string;
}

const DIGITS = 6;

const keyOf = (document: NumberedDocument, documentId: string): string => `${document} ${documentId}`;

export const numberOf = (entity: LegalEntity, document: NumberedDocument, documentId: string) =>
  entity.numbers.get(keyOf(document, documentId));

/** `INV-000042`; wider where six digits do not hold it. */
export const formatNumber = (prefix: string, sequence: number): string =>
  `${prefix}${sequence.toString().padStart(DIGITS, '0')}`;

function register(data: LegalEntityRegistered['data'], { registered, given }: LegalEntity) {
  if (!registered) return accept(LegalEntityRegistered(data));
  const { at: _then, ...before } = registered;
  const { at: _now, ...wanted } = data;
  if (canonicalJson(before) === canonicalJson(wanted)) return accept<LegalEntityEvent>();
  const issued = given.invoice + given['credit-note'] > 0;
  const sameSeries =
    data.invoicePrefix === registered.invoicePrefix &&
    data.creditNotePrefix === registered.creditNotePrefix &&
    data.simulated === registered.simulated;
  return issued && !sameSeries
    ? refuse('LegalEntityFixed', { legalEntityId: data.legalEntityId })
    : accept(LegalEntityRegistered(data));
}

function assign(data: AssignNumber, entity: LegalEntity) {
  const { registered, given, lastAt } = entity;
  if (!registered) return refuse('LegalEntityUnknown', { legalEntityId: data.legalEntityId });
  if (numberOf(entity, data.document, data.documentId)) return accept<LegalEntityEvent>();
  const sequence = given[data.document] + 1;
  const prefix = data.document === 'invoice' ? registered.invoicePrefix : registered.creditNotePrefix;
  const at = data.at < lastAt ? lastAt : data.at;
  return accept(NumberAssigned({ ...data, at, sequence, number: formatNumber(prefix, sequence) }));
}

interface EntityJson extends Omit<LegalEntity, 'numbers' | 'registered'> {
  readonly registered?: LegalEntityRegistered['data'];
  readonly numbers: readonly (readonly [string, AssignedNumber])[];
}

const snapshot: SnapshotCodec<LegalEntity> = {
  version: 1,
  every: 2_000,
  toJson: ({ registered, numbers, ...rest }): EntityJson => ({
    ...rest,
    ...(registered ? { registered } : {}),
    numbers: [...numbers.entries()],
  }),
  fromJson: (json) => {
    const { numbers, registered, ...rest } = json as EntityJson;
    return { ...rest, registered, numbers: PersistentMap.of(numbers) };
  },
};

/**
 * Who issues documents, and their numbers: the series of a legal entity is its stream, so that each number is given once,
 * one after another, and a document that asks again gets the one it has.
 */
export const legalEntityDecider: Decider<LegalEntityCommand, LegalEntity, LegalEntityEvent, LegalEntityRefusal> = {
  name: 'billing.legalEntity',
  initial: {
    registered: undefined,
    given: { invoice: 0, 'credit-note': 0 },
    numbers: PersistentMap.empty(),
    lastAt: '',
  },
  snapshot,

  decide({ type, data }, entity) {
    return type === 'RegisterLegalEntity' ? register(data, entity) : assign(data, entity);
  },

  evolve(entity, { type, data }) {
    if (type === 'billing.legalEntity.registered') return { ...entity, registered: data };
    const { document, documentId, number, sequence, at } = data;
    return {
      ...entity,
      given: { ...entity.given, [document]: sequence },
      numbers: entity.numbers.set(keyOf(document, documentId), { number, sequence, at }),
      lastAt: at,
    };
  },
};
