export * from './given';
export * from './memory-event-log';
export * from './servers';
