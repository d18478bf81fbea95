import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent, type JSONEventData, type ResolvedEvent } from '@eventstore/db-client';
import { eventually } from '@solyx/testing';
import { startEventStore, type EventStore, type EventStoreOptions } from '../server';

/** A store with a client, for the tests of one `describe`. */
export interface Fixture {
  readonly store: EventStore;
  readonly client: EventStoreDBClient;
}

export type Backing = () => Promise<{ readonly options: Partial<EventStoreOptions>; stop(): Promise<void> }>;

const START_WITHIN_MS = 120_000;

/** Starts a store before the tests of the enclosing `describe`, ends it after them. */
export function useStore(backing: Backing, options: Partial<EventStoreOptions> = {}): Fixture {
  let running: { fixture: Fixture; stop: () => Promise<void> } | undefined;
  beforeAll(async () => {
    const { options: backed, stop } = await backing();
    const store = await startEventStore({ port: 0, ...backed, ...options });
    const client = EventStoreDBClient.connectionString(store.connectionString);
    running = { fixture: { store, client }, stop };
  }, START_WITHIN_MS);
  afterAll(async () => {
    await running?.fixture.client.dispose();
    await running?.fixture.store.close();
    await running?.stop();
  }, START_WITHIN_MS);
  const fixture = (): Fixture => {
    if (!running) throw new Error('the store runs only inside tests');
    return running.fixture;
  };
  return {
    get store() {
      return fixture().store;
    },
    get client() {
      return fixture().client;
    },
  };
}

export const aStream = (): string => `spec-${randomUUID()}`;
export const anEvent = (n = 0, type = 'counted', id = randomUUID()): JSONEventData =>
  jsonEvent({ id, type, data: { n }, metadata: { by: 'spec' } });
export const events = (count: number, type = 'counted'): JSONEventData[] =>
  Array.from({ length: count }, (_, n) => anEvent(n, type));

export async function gather<T>(stream: AsyncIterable<T>, atMost = Infinity): Promise<T[]> {
  const all: T[] = [];
  if (atMost === 0) return all;
  for await (const item of stream) {
    all.push(item);
    if (all.length >= atMost) break;
  }
  return all;
}

export const revisions = (read: readonly ResolvedEvent[]): number[] =>
  read.map(({ event, link }) => Number((link ?? event)?.revision));

export const numbers = (read: readonly ResolvedEvent[]): unknown[] =>
  read.map(({ event }) => (event?.data as { n?: unknown } | undefined)?.n);

/** The error a promise is rejected with; fails when it is not. */
export async function errorOf<E>(promise: Promise<unknown>, kind: new (...args: never[]) => E): Promise<E> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  expect(outcome).toHaveProperty('error');
  const { error } = outcome as { error: unknown };
  expect(error).toBeInstanceOf(kind);
  return error as E;
}

/** Waits until something is so; fails when it does not become so. */
export const becomes = (holds: () => boolean): Promise<void> =>
  eventually(() => {
    if (!holds()) throw new Error(`it did not become so: ${holds.toString()}`);
  });
