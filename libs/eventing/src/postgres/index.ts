import type { Provider } from '@nestjs/common';
import type { ContextDefinition } from '../define-context';

/** Leadership, CheckpointStore, ParkingLot, ProjectionRunner and Views over the service's PostgreSQL. */
export const postgresProviders = (_definition: ContextDefinition): readonly Provider[] => [];
