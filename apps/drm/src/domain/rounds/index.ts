export * from './plan-round';
export * from './remaining';
