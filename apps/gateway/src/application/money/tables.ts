import {
  gatewayAsset,
  gatewayCampaign,
  gatewayCredit,
  gatewayCreditNote,
  gatewayEarning,
  gatewayInvoiceLine,
  gatewayPayout,
  gatewayQuote,
  gatewayReconciliation,
  gatewayUsage,
  gatewayWebhook,
} from '../views';
import { ACCOUNT_WISHES } from './account.wishes';
import { INVOICE_WISHES } from './invoice.wishes';
import type { Listing } from './listings';
import { PRICE_WISHES } from './prices.wishes';
import { PROOF_WISHES } from './proof.wishes';
import { CAMPAIGN_WISHES, PAYOUT_WISHES } from './provider.wishes';
import { BUDGET_WISHES, WALLET_WISHES } from './wallet.wishes';
import { WEBHOOK_WISHES } from './webhook.wishes';
import type { AnyWish } from './wish';

/** Every mutation about money, by its name in the schema. */
export const MONEY_WISHES: Readonly<Record<string, AnyWish>> = {
  ...PRICE_WISHES,
  ...ACCOUNT_WISHES,
  ...BUDGET_WISHES,
  ...WALLET_WISHES,
  ...INVOICE_WISHES,
  ...PAYOUT_WISHES,
  ...CAMPAIGN_WISHES,
  ...WEBHOOK_WISHES,
  ...PROOF_WISHES,
};

/** Every list about money that is its view, by its name in the schema. */
export const MONEY_LISTINGS: Readonly<Record<string, Listing>> = {
  quotes: { permission: 'money:read', projection: gatewayQuote, by: ['phase'] },
  usage: { permission: 'money:read', projection: gatewayUsage, by: ['period', 'project'] },
  credits: { permission: 'money:read', projection: gatewayCredit },
  invoiceLines: { permission: 'money:read', projection: gatewayInvoiceLine, by: ['invoiceId'] },
  creditNotes: { permission: 'money:read', projection: gatewayCreditNote, by: ['invoiceId'] },
  earnings: { permission: 'money:read', projection: gatewayEarning, by: ['kind'] },
  payouts: { permission: 'money:read', projection: gatewayPayout, by: ['phase'] },
  campaigns: { permission: 'money:read', projection: gatewayCampaign, by: ['phase'] },
  webhooks: { permission: 'webhooks:read', projection: gatewayWebhook },
  assets: { permission: 'margins:read', projection: gatewayAsset, by: ['source'], shared: true },
  reconciliations: { permission: 'books:reconcile', projection: gatewayReconciliation, shared: true },
};
