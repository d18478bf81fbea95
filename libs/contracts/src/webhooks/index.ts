import 'reflect-metadata';
export * from './endpoint';
export * from './requests';
