import 'reflect-metadata';
export * from './agent';
export * from './documents';
export * from './faults';
export * from './reasons';
export * from './registry';
export * from './rules';
export * from './values';
export * from './webhooks';
