export * from './command-context';
export * from './define-projection';
export * from './event-log';
export * from './lru-map';
export * from './on-event';
export * from './snapshots';
export * from './streams';
export * from './views';
export { permit } from '@solyx/kernel';
