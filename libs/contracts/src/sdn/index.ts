export * from './command/refused.event';
export * from './delivery/parked.event';
export * from './delivery/unparked.event';
export * from './link/declared.event';
export * from './route-table/published.event';
export * from './site/declared.event';
export * from './verification/completed.event';
