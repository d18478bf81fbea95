export * from './eventually';
export * from './given';
export * from './memory-bus';
export * from './memory-event-log';
export * from './memory-ports';
export * from './servers';
