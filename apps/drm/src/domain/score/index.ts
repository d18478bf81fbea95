export * from './opinions';
export * from './packed';
export { TIER_STEP } from './tier';
export type { Opinion } from './opinion';
