export * from './command';
export * from './compare';
export * from './journal';
export * from './lines';
export * from './tables';
export * from './tell';
