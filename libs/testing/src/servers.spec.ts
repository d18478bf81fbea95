import { connect } from 'nats';
import { Client } from 'pg';
import { withNats, withPostgres } from './servers';

describe('servers for specs', () => {
  const postgres = withPostgres();
  const nats = withNats();

  const ask = async (sql: string): Promise<unknown> => {
    const client = new Client(postgres.url);
    await client.connect();
    try {
      return ((await client.query(sql)).rows as unknown[])[0];
    } finally {
      await client.end();
    }
  };

  it('gives a PostgreSQL that keeps its data over kill -9 and restart', async () => {
    await ask('CREATE TABLE fact (id integer)');
    await ask('INSERT INTO fact VALUES (42)');
    await ask('CHECKPOINT');
    await postgres.kill();
    await expect(ask('SELECT 1')).rejects.toThrow();
    await postgres.restart();
    expect(await ask('SELECT id FROM fact')).toEqual({ id: 42 });
  });

  it('gives a nats-server with JetStream', async () => {
    const connection = await connect({ servers: nats.url });
    const manager = await connection.jetstreamManager();
    await manager.streams.add({ name: 'TRY', subjects: ['try.>'] });
    expect((await connection.jetstream().publish('try.it')).seq).toBe(1);
    await connection.close();
  });
});
