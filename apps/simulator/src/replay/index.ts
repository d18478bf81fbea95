export * from './ground';
export * from './ledger';
export * from './policies';
export * from './replay';
export * from './work';
