import { NoProjections } from './memory-ports';
import { MemoryViews } from './memory-views';
import { parcelsV1, viewsSuite } from './suites/views.suite';

describe('views in memory', () => {
  viewsSuite(async (log, clock) => ({
    views: new MemoryViews(log, [parcelsV1], clock),
    runner: new NoProjections(),
    close: async () => undefined,
  }));
});
