import { BillingProfileRequested, UsageReportRequested } from '@solyx/contracts/gateway';
import { given, idOf, invalid, wish } from './wish';

const FACTS_MAX = 500;

function factsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= FACTS_MAX) return value as readonly unknown[];
  throw invalid(`facts is no list of 1 to ${FACTS_MAX}`, 'Send more in several reports, each with a key of its own.');
}

/** The UTC day that a fact begins in, `20260131`; empty where it says none, which its contract then tells. */
function dayOf(fact: unknown): string {
  const from = typeof fact === 'object' && fact !== null ? (fact as { readonly from?: unknown }).from : undefined;
  return typeof from === 'string' ? from.slice(0, 10).replaceAll('-', '') : '';
}

interface ProfileArguments {
  /** Another's, for operators. */
  readonly organizationId?: string | null;
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
    input: (args: ProfileArguments, own) => ({
      ...given('accountId', args.organizationId && args.organizationId !== own ? args.organizationId : null),
      ...given('timeZone', args.timeZone),
      ...given('graceHours', args.graceHours),
      ...given('legalEntityId', args.legalEntityId),
      ...given('mode', args.mode),
      ...given('plan', args.plan),
      ...given('costCentre', args.costCentre),
      ...given('addressRef', args.addressRef),
    }),
    // What an organization may say of itself; the rest is the operator's to say.
    also: ({ accountId, graceHours, legalEntityId, mode, plan }) =>
      [accountId, graceHours, legalEntityId, mode, plan].some((value) => value !== undefined)
        ? 'entities:set'
        : undefined,
    request: (input, { ids, organizationId }) => {
      const id = input.accountId ?? organizationId;
      const event = BillingProfileRequested({
        ...ids,
        ...(input as Omit<BillingProfileRequested['data'], keyof typeof ids>),
      });
      return { event, id, answeredOn: `billing.account-${id}` };
    },
  }),

  /** Usage that was measured elsewhere. The same identity with the same content counts once. */
  reportUsage: wish({
    permission: 'usage:report',
    input: ({ meterId, facts }: { readonly meterId: string; readonly facts: unknown }) => ({
      meterId: idOf('meterId', meterId),
      facts: factsOf(facts),
    }),
    request: ({ meterId, facts }, { ids, organizationId }) => {
      const data = { ...ids, meterId, facts: facts as UsageReportRequested['data']['facts'] };
      // One stream per meter and UTC day: the first of them answers for all.
      const answeredOn = `billing.meter-${organizationId}.${meterId}.${dayOf(facts[0])}`;
      return { event: UsageReportRequested(data), id: meterId, answeredOn };
    },
  }),
} as const;
