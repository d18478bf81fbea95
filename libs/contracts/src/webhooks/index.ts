import 'reflect-metadata';
export * from './catalogue';
export * from './endpoint';
export * from './payload-money';
export * from './payload-work';
export * from './requests';
