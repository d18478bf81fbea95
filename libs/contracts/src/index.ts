import 'reflect-metadata';
export * from './agent';
export * from './reasons';
export * from './registry';
export * from './rules';
export * from './values';
