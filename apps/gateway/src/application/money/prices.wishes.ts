import { derivePrefixedId, type Recorded } from '@solyx/kernel';
import type { QuoteIssued, RerateComputed } from '@solyx/contracts/billing';
import {
  CommitmentRequested,
  PriceBookAssignmentRequested,
  PriceBookRequested,
  PriceObservationRequested,
  QuoteAcceptanceRequested,
  QuoteRequested,
  RerateRequested,
} from '@solyx/contracts/gateway';
import { gatewayQuote, toQuote } from '../views/price.projections';
import { amount, idOf, instant, object, period, wish } from './wish';

interface RerateArguments {
  /** Another's, for operators. */
  readonly organizationId?: string | null;
  readonly period: string;
  readonly priceBookId: string;
}

const rerated = (args: RerateArguments, own: string) => ({
  accountId: idOf('organizationId', args.organizationId ?? own),
  period: period(args.period),
  priceBookId: idOf('priceBookId', args.priceBookId),
});
const ratedAgain = ({ requestId }: { readonly requestId: string }) => ({
  id: requestId,
  answeredOn: `billing.rerate-${requestId}`,
});

const toRerate = (event: Recorded): object => {
  const { requestId: _id, organizationId: _own, ...data } = (event as Recorded<RerateComputed>).data;
  return { __typename: 'Rerate', ...data, position: String(event.position) };
};

/** What operators say of prices, and what customers agree on. */
export const PRICE_WISHES = {
  publishPriceBook: wish({
    permission: 'prices:set',
    input: ({ spec }: { readonly spec: unknown }) => ({ priceBook: object('spec', spec) }),
    request: ({ priceBook }, { ids }) => {
      const { priceBookId } = priceBook;
      const id = idOf('priceBookId', typeof priceBookId === 'string' ? priceBookId : '');
      const event = PriceBookRequested({ ...ids, priceBook: priceBook as never });
      return { event, id, answeredOn: `billing.priceBook-${id}` };
    },
  }),

  assignPriceBook: wish({
    permission: 'prices:set',
    input: (args: {
      readonly organizationId: string;
      readonly priceBookId: string;
      readonly effectiveFrom: string;
    }) => ({
      accountId: idOf('organizationId', args.organizationId),
      priceBookId: idOf('priceBookId', args.priceBookId),
      effectiveFrom: instant('effectiveFrom', args.effectiveFrom),
    }),
    request: (input, { ids }) => ({
      event: PriceBookAssignmentRequested({ ...ids, ...input }),
      id: input.accountId,
      answeredOn: `billing.account-${input.accountId}`,
    }),
  }),

  observePrice: wish({
    permission: 'prices:set',
    input: (args: {
      readonly priceBookId: string;
      readonly entryId: string;
      readonly priceMicroUsd: string;
      readonly reference: string;
    }) => ({
      priceBookId: idOf('priceBookId', args.priceBookId),
      entryId: args.entryId,
      observedMicroUsd: amount('priceMicroUsd', args.priceMicroUsd),
      reference: args.reference,
    }),
    request: (input, { ids }) => ({
      event: PriceObservationRequested({ ...ids, ...input }),
      id: input.entryId,
      answeredOn: `billing.priceBook-${input.priceBookId}`,
    }),
  }),

  /** The price of one kind of usage, frozen for as long as it holds once it is accepted. */
  quote: wish({
    permission: 'money:read',
    input: ({ spec, holdsSeconds }: { readonly spec: unknown; readonly holdsSeconds: number }) => ({
      subject: { project: 'default', pricing: 'on-demand', source: 'owned', simulated: false, ...object('spec', spec) },
      holdsSeconds,
    }),
    request: (input, { ids, organizationId }) => {
      const quoteId = derivePrefixedId('quote', ids.requestId);
      const event = QuoteRequested({
        ...ids,
        quoteId,
        ...(input as never as Pick<QuoteRequested['data'], 'subject' | 'holdsSeconds'>),
      });
      return {
        ...{ event, id: quoteId },
        ...{ answeredOn: `billing.quote-${organizationId}`, answeredBy: 'billing.quote.issued' },
      };
    },
    show: (event) => ({ __typename: 'Quote', ...toQuote(event as Recorded<QuoteIssued>) }),
  }),

  acceptQuote: wish({
    permission: 'quotes:accept',
    input: ({ id }: { readonly id: string }) => ({ quoteId: idOf('id', id) }),
    owned: ({ quoteId }) => ({ projection: gatewayQuote, key: quoteId, unknown: 'QuoteUnknown' }),
    request: (input, { ids, organizationId }) => ({
      event: QuoteAcceptanceRequested({ ...ids, ...input }),
      id: input.quoteId,
      answeredOn: `billing.quote-${organizationId}`,
      answeredBy: 'billing.quote.accepted',
    }),
  }),

  /** Capacity that is paid for from an instant to another, used or not. */
  commit: wish({
    permission: 'quotes:accept',
    input: ({ spec }: { readonly spec: unknown }) => ({
      ...{ project: 'default', source: 'owned', simulated: false },
      ...object('spec', spec),
    }),
    request: (input, { ids, organizationId }) => {
      const commitmentId = derivePrefixedId('commit', ids.requestId);
      const terms = input as never as Omit<CommitmentRequested['data'], 'commitmentId' | keyof typeof ids>;
      const event = CommitmentRequested({ ...terms, ...ids, commitmentId });
      return { event, id: commitmentId, answeredOn: `billing.account-${organizationId}` };
    },
  }),

  /** What a past period would have cost under another book. Nothing is posted. */
  whatIf: wish({
    permission: 'money:read',
    input: (args: RerateArguments, own) => rerated(args, own),
    also: ({ accountId }, own) => (accountId === own ? undefined : 'prices:set'),
    request: (input, { ids }) => ({ event: RerateRequested({ ...ids, ...input }), ...ratedAgain(ids) }),
    show: toRerate,
  }),

  /** The same, and what differs is posted as lines that correct the period, in the one that is open now. */
  correctPeriod: wish({
    permission: 'invoices:correct',
    input: (args: RerateArguments, own) => rerated(args, own),
    request: (input, { ids }) => ({
      event: RerateRequested({ ...ids, ...input, post: true }),
      ...ratedAgain(ids),
    }),
    show: toRerate,
  }),
} as const;
