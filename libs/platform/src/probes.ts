import type { INestApplicationContext, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { EventLog, ParkingLot, Streams, Views } from '@solyx/eventing';
import type { Health, ProbeResult } from './health';
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
  { health, metrics }: { health: Health; metrics: Metrics },
): void {
  const log = find(app, EventLog);
  const parking = find(app, ParkingLot);
  const views = find(app, Views);
  const streams = find(app, Streams);
  if (streams) observeStreams(streams, metrics);
  if (log) {
    observeLog(log, metrics);
    health.add({ name: 'eventStore', required: true, check: async () => ({ ok: (await log.head()) >= -1n }) });
  }
  if (parking) health.add({ name: 'postgres', required: true, check: () => parked(parking) });
  if (views) health.add({ name: 'views', required: false, check: () => lagOf(views) });
}

/** The parking lot lies in the service's own schema, so counting it asks PostgreSQL too. */
async function parked(parking: ParkingLot): Promise<ProbeResult> {
  const { total } = await parking.list({}, 1);
  return { ok: true, details: { parked: total } };
}

async function lagOf(views: Views): Promise<ProbeResult> {
  const all = await views.health();
  const lagSeconds = Math.max(0, ...all.map((view) => view.lagSeconds));
  const rows = all.reduce((sum, view) => sum + view.rows, 0);
  return { ok: all.every(({ fault }) => fault === undefined), details: { views: all.length, rows, lagSeconds } };
}
