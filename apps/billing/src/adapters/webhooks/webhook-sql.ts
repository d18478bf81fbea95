/** Statements of the store of webhooks. A delivery is held while an earlier one of its lane waits. */

/** $1 epoch: takes over, unless a later one writes. */
export const BEGIN_FEED = `
  INSERT INTO webhook_feed (position, epoch) VALUES (-1, $1)
  ON CONFLICT (single) DO UPDATE SET epoch = excluded.epoch WHERE webhook_feed.epoch <= excluded.epoch
  RETURNING position`;

/** $1 epoch: locks the feed for this transaction; no row where a later one writes. */
export const FENCE = 'SELECT 1 FROM webhook_feed WHERE epoch <= $1 FOR UPDATE';

/** $1 epoch, $2 position. */
export const ADVANCE = `
  UPDATE webhook_feed SET position = greatest(position, $2) WHERE epoch <= $1 RETURNING position`;

/** $1 ids, $2 organizations, $3 endpoints as JSON. */
export const UPSERT_ENDPOINTS = `
  INSERT INTO webhook_endpoint (endpoint_id, organization_id, endpoint)
  SELECT * FROM unnest($1::text[], $2::text[], $3::json[])
  ON CONFLICT (endpoint_id) DO UPDATE SET organization_id = excluded.organization_id, endpoint = excluded.endpoint`;

/** $1 ids, $2 endpoints, $3 positions, $4 ends. */
export const UPSERT_READERS = `
  INSERT INTO webhook_reader (reader_id, endpoint_id, position, until)
  SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
  ON CONFLICT (reader_id) DO UPDATE SET position = greatest(webhook_reader.position, excluded.position)`;

/** $1 ids. */
export const END_READERS = 'DELETE FROM webhook_reader WHERE reader_id = ANY($1)';

/** $1 endpoint. */
export const CANCEL = `
  UPDATE webhook_delivery SET phase = 'cancelled', held = false
  WHERE endpoint_id = $1 AND phase = 'waiting' RETURNING endpoint_id`;

/** $1 endpoint, $2 whether all of it is one lane. */
export const RELANE = `
  UPDATE webhook_delivery SET lane = split_part(lane, ':', 1) || ':' || CASE WHEN $2 THEN '*' ELSE resource END
  WHERE endpoint_id = $1 AND phase = 'waiting'`;

const IS_HELD = `(row_number() OVER (PARTITION BY endpoint_id, lane ORDER BY number) > 1) OR EXISTS (
    SELECT 1 FROM webhook_delivery earlier
    WHERE earlier.endpoint_id = fresh.endpoint_id AND earlier.lane = fresh.lane AND earlier.phase = 'waiting')`;

/** $1–$10 columns of what is to be delivered, in order; $11 when. What is there already stays as it is. */
export const INSERT = `
  WITH fresh AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
      $9::timestamptz[], $10::text[]) WITH ORDINALITY
      AS input (delivery_id, endpoint_id, organization_id, event_id, type, resource, lane, position, happened_at, body, number)
    WHERE NOT EXISTS (SELECT 1 FROM webhook_delivery known WHERE known.delivery_id = input.delivery_id)
  )
  INSERT INTO webhook_delivery (delivery_id, endpoint_id, organization_id, event_id, type, resource, lane, position,
    happened_at, body, phase, held, created_at, next_at)
  SELECT delivery_id, endpoint_id, organization_id, event_id, type, resource, lane, position, happened_at, body,
    'waiting', ${IS_HELD}, $11, $11
  FROM fresh ORDER BY number
  ON CONFLICT (delivery_id) DO NOTHING RETURNING endpoint_id`;

/** Deliveries that one request may repeat at most. */
const REDELIVERED_MAX = 10_000;

/**
 * $1 request, $2 endpoint, $3 organization, $4 ids, $5 from, $6 to, $7 failed ones only, $8 whether all is one lane, $9
 * when. A copy of each, under an id that the request and the original give.
 */
export const REDELIVER = `
  WITH fresh AS (
    SELECT 'dlv_' || left(encode(sha256(convert_to($1 || '/' || delivery_id, 'UTF8')), 'hex'), 16) AS delivery_id,
      endpoint_id, organization_id, event_id, type, resource,
      $1 || ':' || CASE WHEN $8::boolean THEN '*' ELSE resource END AS lane, position, happened_at, body, place AS number
    FROM webhook_delivery
    WHERE endpoint_id = $2 AND organization_id = $3 AND phase <> 'cancelled'
      AND (delivery_id = ANY($4) OR (created_at >= $5::timestamptz AND created_at < $6::timestamptz
        AND (NOT $7::boolean OR phase = 'failed')))
    ORDER BY place LIMIT ${REDELIVERED_MAX}
  ), new AS (
    SELECT * FROM fresh WHERE NOT EXISTS (SELECT 1 FROM webhook_delivery known WHERE known.delivery_id = fresh.delivery_id)
  )
  INSERT INTO webhook_delivery (delivery_id, endpoint_id, organization_id, event_id, type, resource, lane, position,
    happened_at, body, phase, held, created_at, next_at)
  SELECT delivery_id, endpoint_id, organization_id, event_id, type, resource, lane, position, happened_at, body,
    'waiting', ${IS_HELD.replaceAll('fresh.', 'new.')}, $9, $9
  FROM new ORDER BY number
  ON CONFLICT (delivery_id) DO NOTHING RETURNING endpoint_id`;

/** $1 endpoints, $2 how many of each. */
export const DUE = `
  SELECT due.* FROM unnest($1::text[]) AS wanted (endpoint_id) CROSS JOIN LATERAL (
    SELECT delivery_id, endpoint_id, event_id, lane, attempts, next_at, body FROM webhook_delivery d
    WHERE d.endpoint_id = wanted.endpoint_id AND phase = 'waiting' AND NOT held
    ORDER BY next_at, place LIMIT $2) due`;

/** $1 deliveries, $2 numbers, $3 times, $4 records. */
export const SETTLE_ATTEMPTS = `
  INSERT INTO webhook_attempt (delivery_id, attempt, at, record)
  SELECT * FROM unnest($1::text[], $2::integer[], $3::timestamptz[], $4::json[])
  ON CONFLICT (delivery_id, attempt) DO NOTHING`;

/** $1 deliveries, $2 phases, $3 attempts, $4 when next, $5 statuses, $6 errors. A cancelled one stays cancelled. */
export const SETTLE_DELIVERIES = `
  UPDATE webhook_delivery d SET phase = result.phase, attempts = result.attempts,
    next_at = coalesce(result.next_at, d.next_at), last_status = result.status, last_error = result.error
  FROM unnest($1::text[], $2::text[], $3::integer[], $4::timestamptz[], $5::integer[], $6::text[])
    AS result (delivery_id, phase, attempts, next_at, status, error)
  WHERE d.delivery_id = result.delivery_id AND d.phase = 'waiting'`;

/** $1 endpoints, $2 since when nothing arrives. */
export const SETTLE_ENDPOINTS = `
  UPDATE webhook_endpoint e SET failing_since = result.since
  FROM unnest($1::text[], $2::timestamptz[]) AS result (endpoint_id, since)
  WHERE e.endpoint_id = result.endpoint_id AND e.failing_since IS DISTINCT FROM result.since`;

/** $1 endpoints, $2 lanes: what comes next there is free. */
export const UNHOLD = `
  UPDATE webhook_delivery d SET held = false
  FROM unnest($1::text[], $2::text[]) AS freed (endpoint_id, lane) CROSS JOIN LATERAL (
    SELECT place FROM webhook_delivery next
    WHERE next.endpoint_id = freed.endpoint_id AND next.lane = freed.lane AND next.phase = 'waiting'
    ORDER BY place LIMIT 1) head
  WHERE d.place = head.place AND d.held`;

/** $1 before when, $2 how many. */
export const FORGET = `
  WITH old AS (
    DELETE FROM webhook_delivery WHERE place IN (
      SELECT place FROM webhook_delivery WHERE phase <> 'waiting' AND created_at < $1 ORDER BY created_at LIMIT $2)
    RETURNING delivery_id
  ), attempts AS (DELETE FROM webhook_attempt WHERE delivery_id IN (SELECT delivery_id FROM old))
  SELECT delivery_id FROM old`;
