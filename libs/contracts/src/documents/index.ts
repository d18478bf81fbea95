import 'reflect-metadata';
export * from './document';
export * from './proof-bundle';
