/**
 * Prepares an installation once PostgreSQL answers, before nats-server starts: keys, roles, schemas, permissions.
 * Writes `<data>/nats/nats.conf`, and `<data>/env/<service>.env` for each service and the agent. Repeating it undoes
 * nothing; it gives a newer version of Solyx the rights that it needs.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const SERVICES = ['gateway', 'drm', 'cmo', 'sdn', 'billing', 'optimizer'];
const { PREPARE_DATA = '/var/lib/solyx', PREPARE_POSTGRES_URL, PREPARE_SIMULATED = 'false' } = process.env;
if (!PREPARE_POSTGRES_URL) throw new Error('PREPARE_POSTGRES_URL is missing: the address of a PostgreSQL superuser');

const require = createRequire(import.meta.url);
const { prepare } = require('../libs/platform/dist/bootstrap.js');
const { env } = await prepare({
  dataDir: PREPARE_DATA,
  postgresUrl: PREPARE_POSTGRES_URL,
  // What a container listens on; where the others find it is for compose.yaml and the chart to say.
  ports: { http: 8080, nats: 4222, postgres: 5432, eventstore: 2113, health: {} },
  services: SERVICES,
  simulated: PREPARE_SIMULATED === 'true',
});

const folder = path.join(PREPARE_DATA, 'env');
mkdirSync(folder, { recursive: true, mode: 0o700 });
for (const [service, variables] of Object.entries(env)) {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  writeFileSync(path.join(folder, `${service}.env`), `${lines.join('\n')}\n`, { mode: 0o600 });
}
console.log(`prepared ${Object.keys(env).join(', ')} in ${PREPARE_DATA}`);
