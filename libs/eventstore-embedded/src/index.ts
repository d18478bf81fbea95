export { exposure, startEventStore, type EventStore, type EventStoreOptions, type EventStoreStats } from './server';
export { DEFAULT_LIMITS, type EventLogLimits } from './log/event-log';
export { MemoryStorage } from './storage/memory-storage';
export { PostgresStorage, type PostgresStorageOptions } from './storage/postgres-storage';
export { hashPassword, type UserRecord } from './security/users';
export {
  AppendRefused,
  OutcomeUnknown,
  ReadRefused,
  type AllPage,
  type EventStorage,
  type StreamPage,
  type Tail,
} from './storage/storage';
