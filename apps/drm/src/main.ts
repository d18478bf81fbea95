import 'reflect-metadata';
import { runService } from '@solyx/platform';
import { config } from './config';
import { drmContext, DrmModule } from './drm.module';

void runService(DrmModule, drmContext, config);
