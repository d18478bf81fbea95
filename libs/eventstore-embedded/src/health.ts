import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventStoreStats } from './server';

const METRICS: Readonly<Record<keyof EventStoreStats, readonly [type: 'gauge' | 'counter', help: string]>> = {
  available: ['gauge', '1 when appends are accepted'],
  position: ['gauge', 'Position of the last event'],
  appended: ['counter', 'Events written since the start'],
  commits: ['counter', 'Transactions since the start'],
  queuedBytes: ['gauge', 'Bytes accepted and not durable yet'],
  lastCommitMs: ['gauge', 'Duration of the last transaction in milliseconds'],
  lastCommitEvents: ['gauge', 'Events in the last transaction'],
  openCalls: ['gauge', 'Reads, subscriptions and append streams that are open'],
  waitingReaders: ['gauge', 'Subscriptions that have caught up'],
};

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Prometheus' text format. */
export function metricsText(stats: EventStoreStats): string {
  const lines = Object.entries(METRICS).flatMap(([key, [type, help]]) => {
    const name = `solyx_eventstore_${snake(key)}`;
    const value = Number(stats[key as keyof EventStoreStats]);
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`];
  });
  lines.push(
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
  );
  return `${lines.join('\n')}\n`;
}

function answer(response: ServerResponse, path: string, stats: EventStoreStats | undefined): void {
  if (path === '/metrics' && stats) {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metricsText(stats));
    return;
  }
  const ready = stats?.available === true;
  const status = path === '/live' ? 200 : path === '/ready' ? (ready ? 200 : 503) : 404;
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify({ ready, ...stats })}\n`);
}

/** Serves /live, /ready and /metrics; `stats` is undefined while the store is starting. */
export async function serveHealth(
  address: { readonly host: string; readonly port: number },
  stats: () => EventStoreStats | undefined,
): Promise<Server & { readonly boundPort: number }> {
  const server = createServer((request, response) => answer(response, request.url ?? '/', stats()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  return Object.assign(server, { boundPort: (server.address() as AddressInfo).port });
}
