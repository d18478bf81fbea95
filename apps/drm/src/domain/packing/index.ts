export * from './appraisal';
export * from './candidates';
export * from './columns';
export * from './engine';
export * from './mix';
export * from './prices';
export * from './room';
export * from './weights';
