export * from './demand';
export * from './market';
export * from './ways';
export * from './year';
