import { runService } from '@solyx/platform';
import { config } from './config';
import { optimizerContext, OptimizerModule } from './optimizer.module';

void runService(OptimizerModule, optimizerContext, config);
