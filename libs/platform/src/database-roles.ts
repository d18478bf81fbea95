import { Client } from 'pg';

/** The database that all services share; each has a schema and a role of its own in it. */
export const DATABASE = 'solyx';
/** Serialises the preparation among launchers: any number, the same everywhere. */
const PREPARE_LOCK = 7_305_912_001;
const NAME = /^[a-z][a-z0-9_]{0,40}$/;

export const roleOf = (schema: string): string => `solyx_${schema}`;

async function within<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'solyx-bootstrap' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const exists = async (client: Client, sql: string, value: string): Promise<boolean> =>
  ((await client.query(sql, [value])).rowCount ?? 0) > 0;

/**
 * One role and one schema per name, in the database `solyx`; the schema's name is the role's search path. A role sees
 * no other schema. May be called again at any time: it sets passwords and rights anew and drops nothing.
 */
export async function prepareRoles(superuserUrl: string, passwords: Readonly<Record<string, string>>): Promise<void> {
  const schemas = Object.keys(passwords);
  const odd = schemas.find((name) => !NAME.test(name));
  if (odd !== undefined) throw new Error(`"${odd}" cannot name a schema`);
  await within(superuserUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [PREPARE_LOCK]);
    for (const name of schemas) {
      const secret = client.escapeLiteral(passwords[name] ?? '');
      const known = await exists(client, 'SELECT 1 FROM pg_roles WHERE rolname = $1', roleOf(name));
      await client.query(`${known ? 'ALTER' : 'CREATE'} ROLE ${roleOf(name)} LOGIN PASSWORD ${secret}`);
    }
    if (!(await exists(client, 'SELECT 1 FROM pg_database WHERE datname = $1', DATABASE))) {
      await client.query(`CREATE DATABASE ${DATABASE}`);
    }
    await client.query(`REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC`);
    await within(databaseUrl(superuserUrl), (inside) => prepareSchemas(inside, schemas));
  });
}

async function prepareSchemas(client: Client, schemas: readonly string[]): Promise<void> {
  await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  // Only a superuser may add it; services find it there or do without.
  if (await exists(client, 'SELECT 1 FROM pg_available_extensions WHERE name = $1', 'timescaledb')) {
    await client.query('CREATE EXTENSION IF NOT EXISTS timescaledb WITH SCHEMA public');
    await client.query('GRANT USAGE ON SCHEMA public TO PUBLIC');
  }
  for (const name of schemas) {
    const role = roleOf(name);
    await client.query(`GRANT CONNECT, TEMPORARY ON DATABASE ${DATABASE} TO ${role}`);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${name} AUTHORIZATION ${role}`);
    await client.query(`REVOKE ALL ON SCHEMA ${name} FROM PUBLIC`);
    await client.query(`ALTER ROLE ${role} IN DATABASE ${DATABASE} SET search_path = ${name}, public`);
  }
}

function databaseUrl(superuserUrl: string): string {
  const url = new URL(superuserUrl);
  url.pathname = `/${DATABASE}`;
  return url.href;
}

/** The address under which one service reaches its schema. */
export function roleUrl(superuserUrl: string, schema: string, password: string): string {
  const url = new URL(databaseUrl(superuserUrl));
  url.username = roleOf(schema);
  url.password = encodeURIComponent(password);
  return url.href;
}
