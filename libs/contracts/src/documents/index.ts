import 'reflect-metadata';
export * from './document';
