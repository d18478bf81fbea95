import { runService } from '@solyx/platform';
import { config } from './config';
import { gatewayContext, GatewayModule } from './gateway.module';

void runService(GatewayModule, gatewayContext, config);
