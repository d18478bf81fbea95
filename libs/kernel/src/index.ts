export * from './authorization';
export * from './decider';
export * from './define-event';
export * from './errors';
export * from './hashing';
export * from './message';
export * from './money';
export * from './ports';
