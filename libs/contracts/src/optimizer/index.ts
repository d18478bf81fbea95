export * from './command/refused.event';
export * from './decision/advised.event';
export * from './delivery/parked.event';
export * from './delivery/unparked.event';
export * from './policy/autonomy-set.event';
export * from './verification/completed.event';
