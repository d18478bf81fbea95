import { BillingProfileRequested, UsageReportRequested } from '@solyx/contracts/gateway';
import { given, idOf, invalid, wish } from './wish';

const FACTS_MAX = 500;

function factsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= FACTS_MAX) return value as readonly unknown[];
  throw invalid(`facts is no list of 1 to ${FACTS_MAX}`, 'Send more in several reports, each with a key of its own.');
}

interface ProfileArguments {
  readonly timeZone?: string | null;
  readonly graceHours?: number | null;
  readonly legalEntityId?: string | null;
  readonly mode?: string | null;
  readonly plan?: string | null;
  readonly costCentre?: string | null;
  readonly addressRef?: string | null;
}

/** How an organization is billed, and what it says that was used. */
export const ACCOUNT_WISHES = {
  setBillingProfile: wish({
    permission: 'budgets:set',
    input: (args: ProfileArguments) => ({
      ...given('timeZone', args.timeZone),
      ...given('graceHours', args.graceHours),
      ...given('legalEntityId', args.legalEntityId),
      ...given('mode', args.mode),
      ...given('plan', args.plan),
      ...given('costCentre', args.costCentre),
      ...given('addressRef', args.addressRef),
    }),
    request: (input, { ids, organizationId }) => ({
      event: BillingProfileRequested({ ...ids, ...(input as object) }),
      id: organizationId,
      answeredOn: `billing.account-${organizationId}`,
    }),
  }),

  /** Usage that was measured elsewhere. The same identity with the same content counts once. */
  reportUsage: wish({
    permission: 'usage:report',
    input: ({ meterId, facts }: { readonly meterId: string; readonly facts: unknown }) => ({
      meterId: idOf('meterId', meterId),
      facts: factsOf(facts),
    }),
    request: ({ meterId, facts }, { ids }) => ({
      event: UsageReportRequested({ ...ids, meterId, facts: facts as UsageReportRequested['data']['facts'] }),
      id: meterId,
    }),
  }),
} as const;
