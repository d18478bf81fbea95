import 'reflect-metadata';
import { runService } from '@solyx/platform';
import { cmoContext, CmoModule } from './cmo.module';
import { config } from './config';

void runService(CmoModule, cmoContext, config);
