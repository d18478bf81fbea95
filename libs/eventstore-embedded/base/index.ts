export { startEventStore, SERVER_VERSION, type EventStoreOptions, type RunningEventStore } from './server';
export type { User } from './grpc/access';
