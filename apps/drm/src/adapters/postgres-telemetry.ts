import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { AgentTelemetry } from '@solyx/contracts';
import { Database, EventingOptions } from '@solyx/eventing';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Telemetry } from '../application/telemetry';

const DAYS_KEPT = 7;
/** Old samples go each time this many new ones came. */
const TRIM_EVERY = 1_000;

export class TelemetrySamples1700000100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE drm_telemetry (
        node_id text NOT NULL,
        at timestamptz(3) NOT NULL,
        sample jsonb NOT NULL,
        PRIMARY KEY (node_id, at)
      );
      CREATE INDEX drm_telemetry_at ON drm_telemetry USING brin (at);`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE drm_telemetry');
  }
}

/** Samples in the service's own schema, by the time at which they came, for a week. */
@Injectable()
export class PostgresTelemetry extends Telemetry implements OnApplicationShutdown {
  private readonly database: Database;
  private sinceTrim = 0;

  constructor(@Inject(EventingOptions) options: EventingOptions) {
    super();
    this.database = new Database(options);
    this.database.addMigrations(TelemetrySamples1700000100000);
  }

  override async record(nodeId: string, sample: AgentTelemetry, receivedAt: string): Promise<void> {
    await this.database.query(
      'INSERT INTO drm_telemetry (node_id, at, sample) VALUES ($1, $2, $3) ON CONFLICT (node_id, at) DO NOTHING',
      [nodeId, receivedAt, JSON.stringify(sample)],
    );
    this.sinceTrim += 1;
    if (this.sinceTrim < TRIM_EVERY) return;
    this.sinceTrim = 0;
    await this.database.query(
      `DELETE FROM drm_telemetry WHERE at < $1::timestamptz - make_interval(days => ${DAYS_KEPT})`,
      [receivedAt],
    );
  }

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}
