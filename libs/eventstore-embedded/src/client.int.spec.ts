import { launchPostgres } from '@solyx/testing';
import { appendSuite } from './test/appends.suite';
import { useStore, type Backing } from './test/fixture';
import { readSuite } from './test/reads.suite';
import { streamSuite } from './test/streams.suite';
import { subscriptionSuite } from './test/subscriptions.suite';

const inMemory: Backing = () => Promise.resolve({ options: {}, stop: () => Promise.resolve() });

const onPostgres: Backing = async () => {
  const postgres = await launchPostgres();
  return { options: { postgresUrl: postgres.url }, stop: () => postgres.stop() };
};

/** So little memory that streams and events are read from storage all the time. */
const FORGETFUL = { recentEvents: { bytes: 20_000, events: 20 }, recentIds: 20_000, streams: 2 };

const SETTINGS = [
  ['memory', inMemory, {}],
  ['PostgreSQL', onPostgres, {}],
  ['PostgreSQL with hardly any memory', onPostgres, { limits: FORGETFUL }],
] as const;

describe.each(SETTINGS)('the official client with the store over %s', (_, backing, options) => {
  const offset = { millis: 0 };
  const fixture = useStore(backing, { ...options, now: () => Date.now() + offset.millis });

  describe('appends', () => appendSuite(fixture));
  describe('reads', () => readSuite(fixture));
  describe('streams', () => streamSuite(fixture, offset));
  describe('subscriptions', () => subscriptionSuite(fixture));
});
