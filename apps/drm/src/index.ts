export * from './domain/partition';
export * from './domain/plan';
export * from './domain/replay-decisions';
export * from './domain/node';
export * from './domain/lease';
export * from './domain/offer';
