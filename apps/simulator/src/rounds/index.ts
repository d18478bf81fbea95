export * from './rivals';
export * from './solyx';
export * from './trace';
export * from './world';
