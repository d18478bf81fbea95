import { Logger } from '@nestjs/common';
import { EventStoreLog } from '@solyx/eventing';
import { eventually } from '../eventually';
import { sampleEvent, sampleEvents, sampleStream } from './sample-events';
import { openEmbedded, type OpenStore } from './stores';

beforeAll(() => {
  Logger.overrideLogger(false);
});

/** Six services share a process, and with it one client of the store. The time limit of a test is what may not be used up. */
describe('six services that drain', () => {
  let store: OpenStore;
  let logs: readonly EventStoreLog[];

  beforeEach(async () => {
    store = await openEmbedded();
    logs = Array.from({ length: 6 }, () => new EventStoreLog(store.connectionString));
    const stream = sampleStream();
    await Promise.all(
      logs.map(async (log) => {
        let heard = 0;
        await log.subscribe({ prefixes: ['cmo.'], onEvent: () => void (heard += 1) });
        await log.append(sampleStream(), [sampleEvent()], 'no_stream');
        await eventually(() => expect(heard).toBeGreaterThan(0));
      }),
    );
    // Somebody stopped reading in the midst: that must keep nobody.
    await logs[0]?.append(stream, sampleEvents(200), 'no_stream');
    const abandoned = logs[0]?.readStream(stream)[Symbol.asyncIterator]();
    await abandoned?.next();
  });

  afterEach(() => store.close());

  it('let go of the store together', async () => {
    await Promise.all(logs.map((log) => log.close()));
  });

  it('let go of a store that is gone', async () => {
    await store.close();
    await Promise.all(logs.map((log) => log.close()));
  });
});
