import type { INestApplicationContext, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import {
  Database,
  EventingStatus,
  EventLog,
  NatsLink,
  ParkingLot,
  Streams,
  Views,
  type ContextName,
} from '@solyx/eventing';
import type { Health, ProbeResult } from './health';
import { answerHealth } from './health-responder';
import { observeLog, observeStreams, type Metrics } from './metrics';

type Token<T> = Type<T> | (abstract new (...parameters: never[]) => T);

/** What any module of the application provides under this token, where one does; asking Nest itself logs an error. */
function find<T>(app: INestApplicationContext, token: Token<T>): T | undefined {
  for (const module of app.get(ModulesContainer).values()) {
    const instance: unknown = module.providers.get(token as Type<T>)?.instance;
    if (instance !== undefined && instance !== null) return instance as T;
  }
  return undefined;
}

/** Watches what a context is made of: whatever its module provides. */
export function watchContext(
  app: INestApplicationContext,
  { context, health, metrics }: { context: ContextName; health: Health; metrics: Metrics },
): void {
  const log = find(app, EventLog);
  const parking = find(app, ParkingLot);
  const views = find(app, Views);
  const streams = find(app, Streams);
  const database = find(app, Database);
  const link = find(app, NatsLink);
  const status = find(app, EventingStatus);
  if (streams) observeStreams(streams, metrics);
  if (log) {
    observeLog(log, metrics);
    health.add({ name: 'eventStore', required: true, check: async () => ({ ok: (await log.head()) >= -1n }) });
  }
  if (link) {
    health.add({ name: 'nats', required: true, check: () => roundTrip(link) });
    void answerHealth(link, context, health);
  }
  if (database) health.add({ name: 'postgres', required: true, check: () => answers(database) });
  if (parking) health.add({ name: 'parked', required: false, check: () => parked(parking) });
  if (views) health.add({ name: 'views', required: false, check: () => lagOf(views) });
  if (status && log) health.add({ name: 'lead', required: false, check: () => leadOf(status, log, context) });
}

async function roundTrip(link: NatsLink): Promise<ProbeResult> {
  const connection = await link.connection();
  const started = performance.now();
  await connection.flush();
  return { ok: !connection.isClosed(), details: { roundTripMs: roundMs(performance.now() - started) } };
}

async function answers(database: Database): Promise<ProbeResult> {
  const started = performance.now();
  await database.query('SELECT 1');
  return { ok: true, details: { roundTripMs: roundMs(performance.now() - started) } };
}

const roundMs = (ms: number): number => Math.round(ms * 100) / 100;

/** Parked events wait for a person: reported, never a reason to take no requests. */
async function parked(parking: ParkingLot): Promise<ProbeResult> {
  const { total } = await parking.list({}, 1);
  return { ok: total === 0, details: { parked: total } };
}

async function lagOf(views: Views): Promise<ProbeResult> {
  const all = await views.health();
  const lagSeconds = Math.max(0, ...all.map((view) => view.lagSeconds));
  const rows = all.reduce((sum, view) => sum + view.rows, 0);
  return { ok: all.every(({ fault }) => fault === undefined), details: { views: all.length, rows, lagSeconds } };
}

/** Who leads relays; how old the oldest own event is that the bus does not hold yet. */
async function leadOf(status: EventingStatus, log: EventLog, context: string): Promise<ProbeResult> {
  const { leading, epoch, relayed } = status.now();
  if (!leading) return { ok: true, details: { leading } };
  let relayLagSeconds = 0;
  const after = relayed < 0n ? {} : { after: relayed };
  for await (const event of log.readAll({ ...after, prefixes: [`${context}.`], limit: 1 })) {
    relayLagSeconds = Math.max(0, (Date.now() - Date.parse(event.recordedAt)) / 1_000);
  }
  return { ok: true, details: { leading, epoch: Number(epoch), relayLagSeconds } };
}
