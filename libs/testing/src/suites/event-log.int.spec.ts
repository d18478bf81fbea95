import { Logger } from '@nestjs/common';
import { ManualClock } from '@solyx/kernel';
import { EventStoreLog } from '@solyx/eventing';
import { MemoryEventLog } from '../memory-event-log';
import { openEmbedded, openEventStoreDb, whyNoContainers } from './stores';
import { describeEventLog } from './event-log.suite';

beforeAll(() => {
  Logger.overrideLogger(false);
});

describeEventLog('memory', async () => {
  const log = new MemoryEventLog(new ManualClock());
  return { log, close: () => log.close() };
});

describeEventLog('the embedded store through the client', async () => {
  const store = await openEmbedded();
  const log = new EventStoreLog(store.connectionString);
  return {
    log,
    close: async () => {
      await log.close();
      await store.close();
    },
  };
});

const noContainers = whyNoContainers();
(noContainers === undefined ? describe : describe.skip)(`EventStoreDB 23.10 (${noContainers ?? 'container'})`, () => {
  describeEventLog('EventStoreDB', async () => {
    const store = await openEventStoreDb();
    const log = new EventStoreLog(store.connectionString);
    return {
      log,
      close: async () => {
        await log.close();
        await store.close();
      },
    };
  });
});
