import { LOG_LEVELS, readConfig, type EventStoreConfig, type LogLevel } from './config';
import { serveHealth } from './health';
import { startEventStore, type EventStore } from './server';

const RETRY_MS = 250;
/** EX_SOFTWARE of sysexits.h: start me again. */
const EXIT_FATAL = 70;
const STOP_WITHIN_MS = 9000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function logger(least: LogLevel): (level: LogLevel, msg: string) => void {
  return (level, msg) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return;
    process.stdout.write(`${JSON.stringify({ level, time: new Date().toISOString(), service: 'eventstore', msg })}\n`);
  };
}

/** Does PostgreSQL not answer yet, as opposed to answering that something is wrong? */
const isAbsent = (error: unknown): boolean =>
  /ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|timeout|starting up|shutting down|recovery|terminated/i.test(
    messageOf(error),
  );

async function startWhenPossible(config: EventStoreConfig, log: ReturnType<typeof logger>): Promise<EventStore> {
  const onFatal = (error: Error): void => {
    log('error', `${messageOf(error)}; this process ends, clients repeat with the same ids`);
    process.exit(EXIT_FATAL);
  };
  for (const until = Date.now() + config.postgresWaitMs; ;) {
    try {
      return await startEventStore({ ...config, onFatal, log: (message) => log('warn', message) });
    } catch (error) {
      if (!isAbsent(error) || Date.now() > until) throw error;
      log('warn', `PostgreSQL does not answer yet: ${messageOf(error)}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function run(config: EventStoreConfig): Promise<void> {
  const log = logger(config.logLevel);
  const { host, httpPort } = config;
  const started: { store?: EventStore } = {};
  if (httpPort !== undefined) await serveHealth({ host, port: httpPort }, () => started.store?.stats());
  const store = await startWhenPossible(config, log);
  started.store = store;
  const stop = (): void => {
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    store.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  // The end of whoever started this process is its end too.
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(signal, stop);
  log('info', `serves ${store.connectionString}, the log is at ${store.eventLog.position}`);
  process.send?.({ solyx: 'ready', service: 'eventstore' });
}

/** Reads the configuration while it is loaded, as every process of Solyx does. */
function main(): void {
  try {
    const config = readConfig(process.env);
    run(config).catch((error: unknown) => {
      logger('info')('error', messageOf(error));
      process.exit(1);
    });
  } catch (error) {
    logger('info')('error', messageOf(error));
    process.exit(1);
  }
}

main();
