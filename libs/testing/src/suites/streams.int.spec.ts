import { Logger } from '@nestjs/common';
import { ManualClock } from '@solyx/kernel';
import { EventStoreLog, EventStoreSnapshots } from '@solyx/eventing';
import { MemoryEventLog } from '../memory-event-log';
import { MemorySnapshots } from '../memory-snapshots';
import { openEmbedded, openEventStoreDb, whyNoContainers, type OpenStore } from './stores';
import { describeStreams, type OpenStreams } from './streams.suite';

beforeAll(() => {
  Logger.overrideLogger(false);
});

async function through(store: OpenStore): Promise<OpenStreams> {
  const log = new EventStoreLog(store.connectionString);
  const snapshots = new EventStoreSnapshots(store.connectionString);
  return {
    log,
    snapshots,
    close: async () => {
      await log.close();
      await snapshots.close();
      await store.close();
    },
  };
}

describeStreams('memory', async () => {
  const log = new MemoryEventLog(new ManualClock());
  return { log, snapshots: new MemorySnapshots(), close: () => log.close() };
});

describeStreams('the embedded store through the client', async () => through(await openEmbedded()));

const noContainers = whyNoContainers();
(noContainers === undefined ? describe : describe.skip)(`EventStoreDB 23.10 (${noContainers ?? 'container'})`, () => {
  describeStreams('EventStoreDB', async () => through(await openEventStoreDb()));
});
