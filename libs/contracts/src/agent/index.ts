import 'reflect-metadata';
export * from './heartbeat';
export * from './join';
export * from './log-line';
export * from './read-message';
export * from './report';
export * from './subjects';
export * from './telemetry';
