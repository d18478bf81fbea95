import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables that every service has in its schema, whatever its views are. Views make their own tables. */
export class CoreTables1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE leadership (
        context text PRIMARY KEY,
        epoch bigint NOT NULL,
        instance text NOT NULL,
        elected_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE checkpoint (
        name text PRIMARY KEY,
        position bigint NOT NULL,
        epoch bigint NOT NULL
      );
      CREATE TABLE parked_event (
        consumer text NOT NULL,
        event_id text NOT NULL,
        place bigint GENERATED ALWAYS AS IDENTITY,
        organization_id text NOT NULL,
        event json NOT NULL,
        PRIMARY KEY (consumer, event_id)
      );
      CREATE UNIQUE INDEX parked_event_place ON parked_event (place);
      CREATE TABLE view (
        name text NOT NULL,
        version integer NOT NULL,
        position bigint NOT NULL DEFAULT -1,
        newest timestamptz(3),
        events bigint NOT NULL DEFAULT 0,
        rows bigint NOT NULL DEFAULT 0,
        fault text,
        epoch bigint NOT NULL DEFAULT 0,
        built boolean NOT NULL DEFAULT false,
        trimmed_to bigint NOT NULL DEFAULT -1,
        retired_at timestamptz,
        PRIMARY KEY (name, version)
      );`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE view, parked_event, checkpoint, leadership');
  }
}
