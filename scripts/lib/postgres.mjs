export { startPostgres } from './postgres.cjs';
