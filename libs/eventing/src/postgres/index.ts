import type { Provider } from '@nestjs/common';
import { Clock } from '@solyx/kernel';
import type { ContextDefinition } from '../define-context';
import { EventLog } from '../event-log';
import { CheckpointStore, EventingOptions, Leadership, ParkingLot, ProjectionRunner } from '../ports';
import { Views } from '../views';
import { Database } from './database';
import { PostgresCheckpointStore } from './postgres-checkpoint-store';
import { PostgresLeadership } from './postgres-leadership';
import { PostgresParkingLot } from './postgres-parking-lot';
import { PostgresProjectionRunner } from './postgres-projection-runner';
import { PostgresViews } from './postgres-views';
import { ViewProgress } from './view-progress';
import { ViewRegistry } from './view-registry';

export * from './database';
export * from './list-query';
export * from './postgres-checkpoint-store';
export * from './postgres-leadership';
export * from './postgres-parking-lot';
export * from './postgres-projection-runner';
export * from './postgres-views';
export * from './series-sql';
export * from './time-series';
export * from './view-progress';
export * from './view-registry';
export { indexValue } from './view-table';

/** What a context keeps in its own PostgreSQL schema, as providers: every port that eventing needs, and `Database`. */
export function postgresProviders(context: ContextDefinition): readonly Provider[] {
  return [
    {
      provide: Database,
      useFactory: (options: EventingOptions) => new OwnedDatabase(options),
      inject: [EventingOptions],
    },
    { provide: ViewTables, useFactory: (database: Database) => new ViewTables(database), inject: [Database] },
    {
      provide: Leadership,
      useFactory: (database: Database, { instance }: EventingOptions) => new PostgresLeadership(database, instance),
      inject: [Database, EventingOptions],
    },
    {
      provide: CheckpointStore,
      useFactory: (database: Database) => new PostgresCheckpointStore(database),
      inject: [Database],
    },
    { provide: ParkingLot, useFactory: (database: Database) => new PostgresParkingLot(database), inject: [Database] },
    {
      provide: ProjectionRunner,
      useFactory: (log: EventLog, tables: ViewTables, { viewHistorySeconds: keepPastSeconds }: EventingOptions) =>
        new PostgresProjectionRunner({ log, ...tables, ...(keepPastSeconds === undefined ? {} : { keepPastSeconds }) }),
      inject: [EventLog, ViewTables, EventingOptions],
    },
    {
      provide: Views,
      useFactory: (log: EventLog, tables: ViewTables, clock: Clock) =>
        new PostgresViews({ log, ...tables, clock, projections: context.projections }),
      inject: [EventLog, ViewTables, Clock],
    },
  ];
}

/** What those who fold and those who read have in common. */
class ViewTables {
  readonly registry: ViewRegistry;
  readonly progress = new ViewProgress();

  constructor(readonly database: Database) {
    this.registry = new ViewRegistry(database);
  }
}

/** Closes with the application, after everything that writes has stopped. */
class OwnedDatabase extends Database {
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }
}
