export * from './api-key';
export * from './nats-identity';
export * from './nats-permissions';
