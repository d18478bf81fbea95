export * from './command/refused.event';
export * from './decision/advised.event';
export * from './policy/autonomy-set.event';
export * from './verification/completed.event';
