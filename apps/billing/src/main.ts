import { runService } from '@solyx/platform';
import { billingContext, BillingModule } from './billing.module';
import { config } from './config';

void runService(BillingModule, billingContext, config);
