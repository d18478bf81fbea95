export * from './command/refused.event';
export * from './link/declared.event';
export * from './route-table/published.event';
export * from './site/declared.event';
export * from './verification/completed.event';
