import { readFileSync } from 'node:fs';
import type { Provider } from '@nestjs/common';
import { FileIdentityCheck } from './adapters/payouts/file-identity.check';
import { FilePayoutRail } from './adapters/payouts/file-payout.rail';
import { StripeClient } from './adapters/payouts/stripe-client';
import { StripeIdentityCheck } from './adapters/payouts/stripe-identity.check';
import { StripePayoutRail } from './adapters/payouts/stripe-payout.rail';
import { CarryOutPayoutHandler } from './application/payouts/carry-out-payout.handler';
import { earningView } from './application/payouts/earning.projection';
import { FollowPayoutsProcess } from './application/payouts/follow-payouts.process';
import { HandleDisputesHandler } from './application/payouts/handle-disputes.handler';
import { IdentityCheck } from './application/payouts/identity-check';
import { ManagePayoutsHandler } from './application/payouts/manage-payouts.handler';
import { PayProvidersProcess } from './application/payouts/pay-providers.process';
import { PayoutRails } from './application/payouts/payout-rail';
import { payoutView } from './application/payouts/payout.projection';
import { PayoutSettings } from './application/payouts/payout-settings';
import { providerView } from './application/payouts/provider.projection';
import { RecordEarningsHandler } from './application/payouts/record-earnings.handler';
import { SubmitPayout } from './application/payouts/submit-payout';
import { config } from './config';

const DAY_MS = 86_400_000;

/** The payment service, where a key for it is configured. */
const stripe = (): StripeClient | undefined =>
  config.stripeKeyFile === undefined
    ? undefined
    : new StripeClient({ url: config.stripeUrl, key: readFileSync(config.stripeKeyFile, 'utf8').trim() });

const railsOf = (client: StripeClient | undefined): PayoutRails => ({
  all: [
    ...(config.payoutFolder === undefined ? [] : [new FilePayoutRail(config.payoutFolder)]),
    ...(client ? [new StripePayoutRail(client)] : []),
  ],
});

const identitiesOf = (client: StripeClient | undefined): IdentityCheck =>
  client && config.identityFile === undefined
    ? new StripeIdentityCheck(client)
    : new FileIdentityCheck(config.identityFile);

/** What owners of shared GPUs and of spaces for ads earn, and how they are paid. */
export const payoutsProviders: Provider[] = [
  SubmitPayout,
  RecordEarningsHandler,
  ManagePayoutsHandler,
  HandleDisputesHandler,
  CarryOutPayoutHandler,
  FollowPayoutsProcess,
  PayProvidersProcess,
  { provide: PayoutRails, useFactory: () => railsOf(stripe()) },
  { provide: IdentityCheck, useFactory: () => identitiesOf(stripe()) },
  {
    provide: PayoutSettings,
    useValue: { disputeWindowMs: config.disputeWindowDays * DAY_MS } satisfies PayoutSettings,
  },
];

export const payoutsProjections = [providerView, earningView, payoutView];
