import { Module } from '@nestjs/common';
import { defineContext, EventingModule } from '@solyx/eventing';
import { adsProjections, adsProviders } from './ads.providers';
import { assetsProjections, assetsProviders } from './assets.providers';
import { FilePricesSource } from './adapters/file-prices.source';
import { balanceView } from './application/balance.projection';
import { budgetView } from './application/budget.projection';
import { chargeView } from './application/charge.projection';
import { OpenAccountHandler } from './application/open-account.handler';
import { PlaceHoldHandler } from './application/place-hold.handler';
import { PriceBook } from './application/price-book';
import { PriceSource } from './application/price-source';
import { PublishPricesProcess } from './application/publish-prices.process';
import { ReleaseHoldHandler } from './application/release-hold.handler';
import { SetBudgetHandler } from './application/set-budget.handler';
import { config } from './config';
import { invoicingControllers, invoicingProjections, invoicingProviders } from './invoicing.providers';
import { meteringProjections, meteringProviders } from './metering.providers';
import { payoutsProjections, payoutsProviders } from './payouts.providers';
import { pricesProviders } from './prices.providers';
import { proofProviders } from './proof.providers';
import { walletProjections, walletProviders } from './wallet.providers';
import { webhookControllers, webhookProviders } from './webhook.providers';

export const billingContext = defineContext({
  context: 'billing',
  listens: ['gateway', 'cmo', 'drm', 'billing'],
  projections: [
    ...[chargeView, balanceView, budgetView, ...payoutsProjections, ...adsProjections, ...assetsProjections],
    ...invoicingProjections,
    ...meteringProjections,
    ...walletProjections,
  ],
});

/** The table of contents of this service: what it shows, what it does, what it plugs in. */
@Module({
  imports: [EventingModule.forContext(billingContext)],
  controllers: [...invoicingControllers, ...webhookControllers],
  providers: [
    PriceBook,
    PublishPricesProcess,
    OpenAccountHandler,
    SetBudgetHandler,
    PlaceHoldHandler,
    ReleaseHoldHandler,
    ...invoicingProviders,
    ...meteringProviders,
    ...adsProviders,
    ...assetsProviders,
    ...payoutsProviders,
    ...pricesProviders,
    ...proofProviders,
    ...walletProviders,
    ...webhookProviders,
    { provide: PriceSource, useFactory: () => new FilePricesSource(config.pricesFile) },
  ],
})
export class BillingModule {}
