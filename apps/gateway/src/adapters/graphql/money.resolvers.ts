import { Injectable } from '@nestjs/common';
import { AccountsQuery } from '../../application/money/accounts.query';
import { Listings, type ListArguments } from '../../application/money/listings';
import { PricesQuery } from '../../application/money/prices.query';
import { MONEY_LISTINGS, MONEY_WISHES } from '../../application/money/tables';
import { WebhooksQuery } from '../../application/money/webhooks.query';
import { Wishes } from '../../application/money/wishes';
import { refusable } from '../../application/refusal';
import type { AtInput } from '../../domain/instant';
import type { GraphqlContext, Resolvers } from './schema';

type Context = GraphqlContext;
interface AtArguments {
  readonly at?: AtInput | null;
}
type IdAtArguments = AtArguments & { readonly id: string };
interface KeyArguments {
  readonly idempotencyKey: string;
}

/** Fields of Query about money: lists by the table, the rest by what it is. */
@Injectable()
export class MoneyQueries {
  constructor(
    private readonly listings: Listings,
    private readonly accounts: AccountsQuery,
    private readonly prices: PricesQuery,
    private readonly webhooks: WebhooksQuery,
  ) {}

  map(): Resolvers['Query'] {
    return { ...this.lists(), ...this.accountQueries(), ...this.otherQueries() };
  }

  private lists(): Resolvers['Query'] {
    return Object.fromEntries(
      Object.entries(MONEY_LISTINGS).map(([name, listing]) => [
        name,
        (_root: unknown, args: ListArguments, { operation }: Context) => this.listings.page(operation, listing, args),
      ]),
    );
  }

  private accountQueries(): Resolvers['Query'] {
    const { accounts } = this;
    return {
      billingProfile: (_root, { at }: AtArguments, { operation }: Context) => accounts.profile(operation, at),
      wallet: (_root, { at }: AtArguments, { operation }: Context) => accounts.wallet(operation, at),
      provider: (_root, { at }: AtArguments, { operation }: Context) => accounts.provider(operation, at),
      treeHead: (_root, { at }: AtArguments, { operation }: Context) => accounts.treeHead(operation, at),
      budgets: (_root, args: ListArguments, { operation }: Context) => accounts.budgets(operation, args),
      invoices: (_root, args: ListArguments, { operation }: Context) => accounts.invoices(operation, args),
      invoice: (_root, { id, at }: IdAtArguments, { operation }: Context) => accounts.invoice(operation, id, at),
      margin: (_root, args: ListArguments, { operation }: Context) => accounts.margin(operation, args),
    };
  }

  private otherQueries(): Resolvers['Query'] {
    const { prices, webhooks } = this;
    return {
      priceBooks: (_root, args: ListArguments, { operation }: Context) => prices.priceBooks(operation, args),
      priceBook: (_root, { id, at }: IdAtArguments, { operation }: Context) => prices.priceBook(operation, id, at),
      webhookDeliveries: (_root, args: ListArguments & { id: string }, { operation }: Context) =>
        webhooks.deliveries(operation, args),
      webhookCatalogue: () => webhooks.catalogue(),
      webhookDelivery: (_root, { id }: { id: string }, { operation }: Context) => webhooks.delivery(operation, id),
    };
  }
}

/** Answers of these hold a secret that is in no event. */
const WITH_SECRET: ReadonlySet<string> = new Set(['createWebhook', 'rotateWebhook']);

/** Fields of Mutation about money, all by the table. */
@Injectable()
export class MoneyMutations {
  constructor(
    private readonly wishes: Wishes,
    private readonly webhooks: WebhooksQuery,
  ) {}

  map(): Resolvers['Mutation'] {
    return Object.fromEntries(
      Object.entries(MONEY_WISHES).map(([name, wish]) => [
        name,
        async (_root: unknown, args: KeyArguments, { operation }: Context) => {
          const answer = await this.wishes.ask(operation, name, wish, args);
          return WITH_SECRET.has(name) ? refusable(() => this.webhooks.withSecret(operation, answer)) : answer;
        },
      ]),
    );
  }
}
