export * from './api-key';
export * from './config';
export * from './health';
export * from './metrics';
export * from './nats-identity';
export * from './nats-permissions';
export * from './run-service';
