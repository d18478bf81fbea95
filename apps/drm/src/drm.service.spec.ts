import { withEventStore, withNats, withPostgres } from '@solyx/testing';
import { connect } from 'nats';
import { Database, EventLog, EventingOptions, Views } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { startService, type RunningService } from '@solyx/platform';
import { nodeView } from './application/node.projection';
import { Telemetry } from './application/telemetry';

/** The service as it is in production, over real servers: what the specs in memory cannot show is the wiring. */
describe('The service, over real servers', () => {
  const postgres = withPostgres();
  const nats = withNats();
  const store = withEventStore(() => postgres.url);

  // Inside, so that the service is drained before its servers stop.
  describe('once it runs', () => {
    let service: RunningService;

    beforeAll(async () => {
      Object.assign(process.env, {
        SOLYX_EVENTSTORE_URL: store.url,
        SOLYX_NATS_URL: nats.url,
        SOLYX_DRM_POSTGRES_URL: postgres.url,
        SOLYX_DRM_SIMULATED_FLEET: 'true',
        SOLYX_LOG_LEVEL: 'error',
      });
      // Only now: the configuration is read when its module is.
      const { config } = jest.requireActual<typeof import('./config')>('./config');
      const { drmContext, DrmModule } = jest.requireActual<typeof import('./drm.module')>('./drm.module');
      service = await startService(DrmModule, drmContext, config);
    });
    afterAll(() => service.drain());

    /** The first `count` events of a type, once they are there. */
    async function seen(type: string, count: number): Promise<readonly Recorded[]> {
      const found: Recorded[] = [];
      const log = service.app.get(EventLog, { strict: false });
      let enough = (): void => undefined;
      const there = new Promise<void>((resolve) => {
        enough = resolve;
      });
      const subscription = await log.subscribe({
        prefixes: ['drm.'],
        onEvent: (event) => {
          if (event.type === type) found.push(event);
          if (found.length >= count) enough();
        },
      });
      await there;
      await subscription.close();
      return found;
    }

    it('registers the simulated fleet, hears of it over the bus, and shows it', async () => {
      const joined = await seen('drm.partition.node-joined', 7);
      expect(new Set(joined.map(({ stream }) => stream))).toEqual(new Set(['drm.partition-main']));
      await seen('drm.partition.offer-observed', 3);
      const views = service.app.get(Views, { strict: false });
      await views.waitFor(nodeView, joined.at(-1)!.position, 60_000);
      const { rows } = await views.list(nodeView, { first: 100 });
      expect(rows.map(({ row }) => row.gpuMilliTotal).reduce((a, b) => a + b, 0)).toBe(48_000);
      expect(rows.every(({ row }) => row.simulated)).toBe(true);
    });

    it('keeps what agents measure', async () => {
      const agent = await connect({ servers: nats.url });
      const sample = { at: new Date().toISOString(), cpuPercent: 1, load1: 0.5, memoryUsedMiB: 1, memoryTotalMiB: 2 };
      const gpu = { index: 0, utilizationPercent: 40, memoryUsedMiB: 5, memoryTotalMiB: 9 };
      const telemetry = service.app.get(Telemetry, { strict: false });
      const stored = new Promise<void>((resolve, reject) => {
        const record = telemetry.record.bind(telemetry);
        telemetry.record = (...args) => record(...args).then(resolve, reject);
      });
      agent.publish('agent.node_1.telemetry', Buffer.from(JSON.stringify({ ...sample, gpus: [gpu], tasks: [] })));
      await stored;
      await agent.drain();
      const database = new Database(service.app.get(EventingOptions, { strict: false }));
      expect(await database.query('SELECT * FROM node_sample')).toMatchObject([
        { node_id: 'node_1', cpu_percent: 1, memory_used_mib: 1, memory_total_mib: 2, simulated: false },
      ]);
      expect(await database.query('SELECT * FROM gpu_sample')).toMatchObject([
        {
          node_id: 'node_1',
          gpu_index: 0,
          utilization_percent: 40,
          memory_used_mib: 5,
          power_w: null,
          simulated: false,
        },
      ]);
      await database.close();
    });
  });
});
