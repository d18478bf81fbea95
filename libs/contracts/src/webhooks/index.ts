import 'reflect-metadata';
export * from './catalogue';
export * from './endpoint';
export * from './payload-invoices';
export * from './payload-money';
export * from './payload-parts';
export * from './payload-work';
export * from './requests';
