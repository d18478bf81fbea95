import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
  CREATE TABLE webhook_feed (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint NOT NULL,
    epoch bigint NOT NULL
  );
  CREATE TABLE webhook_endpoint (
    endpoint_id text PRIMARY KEY,
    organization_id text NOT NULL,
    endpoint json NOT NULL,
    failing_since timestamptz(3)
  );
  CREATE INDEX webhook_endpoint_organization ON webhook_endpoint (organization_id);
  CREATE TABLE webhook_reader (
    reader_id text PRIMARY KEY,
    endpoint_id text NOT NULL,
    position bigint NOT NULL,
    until bigint
  );
  CREATE TABLE webhook_delivery (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id text NOT NULL UNIQUE,
    endpoint_id text NOT NULL,
    organization_id text NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    resource text NOT NULL,
    lane text NOT NULL,
    position bigint NOT NULL,
    phase text NOT NULL,
    held boolean NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    happened_at timestamptz(3) NOT NULL,
    created_at timestamptz(3) NOT NULL,
    next_at timestamptz(3) NOT NULL,
    last_status integer,
    last_error text,
    body text NOT NULL
  );
  CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_at, place)
    WHERE phase = 'waiting' AND NOT held;
  CREATE INDEX webhook_delivery_lane ON webhook_delivery (endpoint_id, lane, place) WHERE phase = 'waiting';
  CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint_id, place);
  CREATE INDEX webhook_delivery_settled ON webhook_delivery (created_at) WHERE phase <> 'waiting';
  CREATE TABLE webhook_attempt (
    delivery_id text NOT NULL,
    attempt integer NOT NULL,
    at timestamptz(3) NOT NULL,
    record json NOT NULL,
    PRIMARY KEY (delivery_id, attempt)
  );
  CREATE TABLE webhook_secret (
    key_id text PRIMARY KEY,
    endpoint_id text NOT NULL,
    organization_id text NOT NULL,
    algorithm text NOT NULL,
    sealed bytea NOT NULL,
    made_at timestamptz(3) NOT NULL
  );
  CREATE INDEX webhook_secret_endpoint ON webhook_secret (endpoint_id);`;

/** Cursors, deliveries and their log, and the sealed keys that sign. */
export class WebhookTables1763712000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE webhook_secret, webhook_attempt, webhook_delivery, webhook_reader, webhook_endpoint, webhook_feed',
    );
  }
}
