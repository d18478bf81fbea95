import { Module } from '@nestjs/common';
import { defineContext, EventingModule } from '@solyx/eventing';
import { FilePricesSource } from './adapters/file-prices.source';
import { balanceView } from './application/balance.projection';
import { budgetView } from './application/budget.projection';
import { chargeView } from './application/charge.projection';
import { MeterUsageHandler } from './application/meter-usage.handler';
import { OpenAccountHandler } from './application/open-account.handler';
import { PlaceHoldHandler } from './application/place-hold.handler';
import { PriceBook } from './application/price-book';
import { PriceSource } from './application/price-source';
import { PublishPricesProcess } from './application/publish-prices.process';
import { ReleaseHoldHandler } from './application/release-hold.handler';
import { SetBudgetHandler } from './application/set-budget.handler';
import { config } from './config';
import { pricesProviders } from './prices.providers';
import { proofProviders } from './proof.providers';

export const billingContext = defineContext({
  context: 'billing',
  listens: ['gateway', 'cmo', 'drm'],
  projections: [chargeView, balanceView, budgetView],
});

/** The table of contents of this service: what it shows, what it does, what it plugs in. */
@Module({
  imports: [EventingModule.forContext(billingContext)],
  providers: [
    PriceBook,
    PublishPricesProcess,
    OpenAccountHandler,
    SetBudgetHandler,
    PlaceHoldHandler,
    MeterUsageHandler,
    ReleaseHoldHandler,
    ...pricesProviders,
    ...proofProviders,
    { provide: PriceSource, useFactory: () => new FilePricesSource(config.pricesFile) },
  ],
})
export class BillingModule {}
