import { createServer } from 'node:http';
import { readEventStoreConfig } from './config';
import { startEventStore, type RunningEventStore } from './server';

const EXIT_FATAL = 70;

const log = (level: 'info' | 'error', message: string, facts: object = {}): void => {
  process.stdout.write(
    `${JSON.stringify({ level, time: new Date().toISOString(), service: 'eventstore', ...facts, msg: message })}\n`,
  );
};

function observe(store: RunningEventStore, port: number): void {
  const server = createServer((request, response) => {
    const stats = store.stats();
    if (request.url === '/metrics') {
      const lines = Object.entries(stats).map(
        ([name, value]) =>
          `solyx_eventstore_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} ${Number(value)}`,
      );
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(`${lines.join('\n')}\n`);
      return;
    }
    const known = request.url === '/live' || request.url === '/ready';
    response.statusCode = !known ? 404 : request.url === '/ready' && !stats.available ? 503 : 200;
    response.setHeader('content-type', 'application/json').end(`${JSON.stringify(stats)}\n`);
  });
  server.listen(port, '127.0.0.1');
  server.unref();
}

async function main(): Promise<void> {
  // The launcher's end is our end, whatever ended it.
  process.once('disconnect', () => process.exit(0));
  const config = readEventStoreConfig(process.env);
  const store = await startEventStore({
    ...config,
    onFatal: (error) => {
      log('error', 'nothing can be promised any more; ending, so that clients repeat with the same ids', {
        error: error.message,
      });
      process.exit(EXIT_FATAL);
    },
  });
  if (config.httpPort !== undefined) observe(store, config.httpPort);
  log('info', 'ready', { port: store.port, position: store.stats().lastPosition });
  process.send?.({ solyx: 'ready', service: 'eventstore' });
  const stop = (): void => {
    void store.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  log('error', 'could not start', { error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
});
