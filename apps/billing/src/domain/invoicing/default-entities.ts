import type { LegalEntityRegistered } from '@solyx/contracts/billing';

/** Issues for accounts that name no legal entity. */
export const DEFAULT_LEGAL_ENTITY = 'main';
/** Issues all rehearsals: their numbers never mix with those of money. */
export const SIMULATED_LEGAL_ENTITY = 'simulated';

const DEFAULTS: Readonly<Record<string, Omit<LegalEntityRegistered['data'], 'at'>>> = {
  [DEFAULT_LEGAL_ENTITY]: {
    legalEntityId: DEFAULT_LEGAL_ENTITY,
    party: { name: 'Solyx', address: [] },
    simulated: false,
    invoicePrefix: 'INV-',
    creditNotePrefix: 'CN-',
    paymentTermsDays: 14,
  },
  [SIMULATED_LEGAL_ENTITY]: {
    legalEntityId: SIMULATED_LEGAL_ENTITY,
    party: { name: 'Solyx simulation', address: ['Not a legal entity: nothing is owed.'] },
    simulated: true,
    invoicePrefix: 'SIM-',
    creditNotePrefix: 'SIM-CN-',
    paymentTermsDays: 14,
  },
};

/** What a legal entity is until somebody registers it; undefined for all but the two built-in ones. */
export const defaultEntity = (legalEntityId: string): Omit<LegalEntityRegistered['data'], 'at'> | undefined =>
  Object.hasOwn(DEFAULTS, legalEntityId) ? DEFAULTS[legalEntityId] : undefined;
