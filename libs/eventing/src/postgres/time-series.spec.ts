import { ManualClock } from '@solyx/kernel';
import { withPostgres } from '@solyx/testing';
import { Database } from './database';
import { partitionSql, rangeAt, timescaleSql } from './series-sql';
import { GPU_SAMPLES, TimeSeries, type Sample } from './time-series';

const HOUR = 3_600_000;

describe('samples over time', () => {
  const postgres = withPostgres();
  let clock: ManualClock;
  let database: Database;
  let series: TimeSeries;
  beforeEach(async () => {
    clock = new ManualClock(Date.UTC(2026, 0, 10, 12));
    database = new Database({ postgresUrl: postgres.url, instance: 'spec' });
    await database.query('DROP TABLE IF EXISTS gpu_sample, gpu_sample_summary');
    series = new TimeSeries(database, GPU_SAMPLES, clock);
  });
  afterEach(() => database.close());

  const sample = (gpu: number, at: number, utilization: number | null = 50): Sample => ({
    node_id: 'n1',
    gpu_index: gpu,
    utilization_percent: utilization,
    memory_used_mib: 1_024,
    temperature_c: null,
    power_w: 300.5,
    simulated: true,
    at: new Date(at).toISOString(),
  });
  const tables = async (): Promise<readonly string[]> => {
    const sql = "SELECT relname FROM pg_class WHERE relname ~ '^gpu_sample_[0-9]+$' AND relkind = 'r' ORDER BY 1";
    return (await database.query<{ relname: string }>(sql)).map(({ relname }) => relname);
  };
  const all = { from: '2000-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z', first: 100 };

  it('keeps each sample once and gives the newest first', async () => {
    expect(await series.ready()).toBe('partitions');
    const now = clock.now();
    expect(await series.write([sample(0, now), sample(1, now), sample(0, now + 1_000, null)])).toBe(3);
    expect(await series.write([sample(0, now, 99), sample(2, now)])).toBe(1);
    expect(await series.query({ ...all, where: { gpu_index: 0 } })).toEqual([
      sample(0, now + 1_000, null),
      sample(0, now),
    ]);
    expect(await series.query({ ...all, to: new Date(now).toISOString() })).toEqual([]);
    await expect(series.query({ ...all, where: { '1=1; --': 1 } })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(series.query({ ...all, first: 0 })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('makes ranges ahead, takes along what strayed, and drops what is old', async () => {
    await series.ready();
    expect(await tables()).toEqual(['gpu_sample_2026011000', 'gpu_sample_2026011100', 'gpu_sample_2026011200']);
    const stray = clock.now() + 5 * 24 * HOUR;
    await series.write([sample(0, clock.now()), sample(0, stray)]);
    clock.advance(5 * 24 * HOUR);
    await series.maintain();
    expect(await tables()).toContain('gpu_sample_2026011500');
    expect(await database.query('SELECT 1 FROM gpu_sample_2026011500')).toHaveLength(1);
    expect(await series.query(all)).toHaveLength(2);
    clock.advance(27 * 24 * HOUR);
    await series.maintain();
    expect(await tables()).not.toContain('gpu_sample_2026011000');
    expect(await series.query(all)).toEqual([sample(0, stray)]);
  });

  it('sums up spans of time, late samples included', async () => {
    const now = clock.now();
    await series.write([sample(0, now, 10), sample(0, now + 60_000, 30)]);
    clock.advance(10 * 60_000);
    await series.maintain();
    const [span] = await series.query({ ...all, summary: true });
    expect(span).toMatchObject({ utilization_percent_avg: 20, utilization_percent_max: 30, power_w_max: 300.5 });
    expect(span?.at).toBe(new Date(now).toISOString());
    await series.write([sample(0, now + 120_000, 80)]);
    await series.maintain();
    expect((await series.query({ ...all, summary: true }))[0]).toMatchObject({ utilization_percent_avg: 40 });
  });

  it('takes ten thousand at once, and refuses more', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => sample(index % 8, clock.now() + index * 10));
    expect(await series.write(many)).toBe(10_000);
    await expect(series.write([...many, sample(0, 0)])).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('asks TimescaleDB for a hypertable, retention and a continuous aggregate', async () => {
    // TimescaleDB is not among the binaries here: its functions are stubs, its view syntax is only looked at.
    const statements = timescaleSql(GPU_SAMPLES);
    const [table = '', ...others] = statements;
    expect(statements[3]).toMatch(/^CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_sample_summary WITH \(timescaledb\.con/);
    const stubs = `
      CREATE TABLE IF NOT EXISTS calls (name text, relation text);
      CREATE OR REPLACE FUNCTION create_hypertable(relation regclass, time_column name, chunk_time_interval interval,
        if_not_exists boolean) RETURNS void LANGUAGE sql AS 'INSERT INTO calls VALUES (''hypertable'', relation::text)';
      CREATE OR REPLACE FUNCTION add_retention_policy(relation regclass, drop_after interval, if_not_exists boolean)
        RETURNS void LANGUAGE sql AS 'INSERT INTO calls VALUES (''retention'', relation::text)';
      CREATE OR REPLACE FUNCTION add_continuous_aggregate_policy(relation regclass, start_offset interval,
        end_offset interval, schedule_interval interval, if_not_exists boolean)
        RETURNS void LANGUAGE sql AS 'INSERT INTO calls VALUES (''aggregate'', relation::text)';
      CREATE OR REPLACE FUNCTION time_bucket(width interval, at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
        AS 'SELECT date_bin(width, at, timestamptz ''2000-01-01T00:00:00Z'')'`;
    await database.query(stubs);
    await database.query(table);
    for (const statement of others) await database.query(statement.replace('WITH (timescaledb.continuous) ', ''));
    expect(await database.query('SELECT * FROM calls')).toEqual([
      { name: 'hypertable', relation: 'gpu_sample' },
      { name: 'retention', relation: 'gpu_sample' },
      { name: 'aggregate', relation: 'gpu_sample_summary' },
      { name: 'retention', relation: 'gpu_sample_summary' },
    ]);
    await database.query('DROP MATERIALIZED VIEW gpu_sample_summary');
  });

  it('counts ranges alike everywhere, and refuses names that would need quotes', () => {
    const range = rangeAt({ ...GPU_SAMPLES, rangeHours: 6 }, Date.UTC(2026, 0, 10, 13, 59));
    expect(range).toMatchObject({ table: 'gpu_sample_2026011012', from: '2026-01-10T12:00:00.000Z' });
    const odd = { ...GPU_SAMPLES, name: 'x; DROP' };
    expect(() => new TimeSeries(database, odd, clock)).toThrow(/cannot name/);
    expect(partitionSql({ ...GPU_SAMPLES, summary: undefined } as never)).toHaveLength(2);
  });
});
