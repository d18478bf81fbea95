export * from './given';
export * from './memory-event-log';
