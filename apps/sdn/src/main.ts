import { runService } from '@solyx/platform';
import { config } from './config';
import { sdnContext, SdnModule } from './sdn.module';

void runService(SdnModule, sdnContext, config);
