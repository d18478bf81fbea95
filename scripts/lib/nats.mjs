export { findOrInstallNatsServer, startNats } from './nats.cjs';
