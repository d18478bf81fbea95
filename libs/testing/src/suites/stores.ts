import { existsSync } from 'node:fs';
import { startEventStore } from '@solyx/eventstore-embedded';

export interface OpenStore {
  readonly connectionString: string;
  close(): Promise<void>;
}

/** The embedded store in this process, its events in memory. */
export async function openEmbedded(port = 0): Promise<OpenStore> {
  return startEventStore({ port });
}

/** Why suites against a real EventStoreDB are left out; undefined where they can run. */
export function whyNoContainers(): string | undefined {
  if (process.env['DOCKER_HOST'] || existsSync('/var/run/docker.sock')) return undefined;
  return 'left out: no container engine at DOCKER_HOST or /var/run/docker.sock';
}

/** EventStoreDB 23.10 in a container. */
export async function openEventStoreDb(): Promise<OpenStore> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('eventstore/eventstore:23.10.0-jammy')
    .withEnvironment({ EVENTSTORE_INSECURE: 'true', EVENTSTORE_MEM_DB: 'true', EVENTSTORE_RUN_PROJECTIONS: 'None' })
    .withExposedPorts(2113)
    .withWaitStrategy(Wait.forHttp('/health/live', 2113).forStatusCode(204))
    .start();
  const connectionString = `esdb://${container.getHost()}:${container.getMappedPort(2113)}?tls=false`;
  return {
    connectionString,
    close: async () => {
      await container.stop();
    },
  };
}
