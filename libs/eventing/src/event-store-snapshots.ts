import { jsonEvent, StreamNotFoundError, type EventStoreDBClient, type ResolvedEvent } from '@eventstore/db-client';
import { Logger } from '@nestjs/common';
import { deriveId, type Command, type Decider, type DomainEvent } from '@solyx/kernel';
import { acquireClient, releaseClient } from './event-store-client';
import { itemsOf } from './event-store-reading';
import { LruMap } from './lru-map';
import { Snapshots, type Snapshot } from './snapshots';

/** Larger states are not kept: the store takes 1 MiB for one append. */
const SNAPSHOT_BYTES_MAX = 900 * 1024;
const TYPE = 'snapshot';

interface StoredSnapshot {
  readonly decider: string;
  readonly version: number;
  readonly revision: string;
  readonly position: string;
  readonly state: unknown;
}

const snapshotStreamOf = (stream: string): string => `snapshot-${stream}`;

function isStored(data: unknown): data is StoredSnapshot {
  const found = data as Partial<StoredSnapshot> | null;
  return (
    typeof found === 'object' &&
    found !== null &&
    typeof found.decider === 'string' &&
    typeof found.version === 'number' &&
    /^\d+$/.test(String(found.revision)) &&
    /^\d+$/.test(String(found.position))
  );
}

/** Snapshots in the event store itself, each in a stream of its own that keeps one event. */
export class EventStoreSnapshots extends Snapshots {
  private readonly client: EventStoreDBClient;
  private readonly logger = new Logger('Snapshots');
  private readonly bounded = new LruMap<string, true>(10_000);

  constructor(private readonly connectionString: string) {
    super();
    this.client = acquireClient(connectionString);
  }

  override async latest<S, E extends DomainEvent>(
    decider: Decider<Command, S, E, string> | Decider<never, S, E, string>,
    stream: string,
  ): Promise<Snapshot<S> | undefined> {
    const codec = decider.snapshot;
    if (!codec) return undefined;
    try {
      const data = await this.newest(snapshotStreamOf(stream));
      if (!isStored(data) || data.decider !== decider.name || data.version !== codec.version) return undefined;
      return {
        state: codec.fromJson(data.state),
        revision: BigInt(data.revision),
        position: BigInt(data.position),
      };
    } catch (error) {
      this.logger.warn(`snapshot of ${stream} not read, the stream is: ${String(error)}`);
      return undefined;
    }
  }

  private async newest(name: string): Promise<unknown> {
    const read = this.client.readStream(name, { direction: 'backwards', fromRevision: 'end', maxCount: 1 });
    try {
      for await (const { event } of itemsOf<ResolvedEvent>(read, () => read.cancel())) return event?.data;
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error;
    }
    return undefined;
  }

  override async offer<S, E extends DomainEvent>(
    decider: Decider<never, S, E, string>,
    stream: string,
    before: bigint,
    now: Snapshot<S>,
  ): Promise<void> {
    const codec = decider.snapshot;
    if (!codec) return;
    const every = BigInt(codec.every);
    if ((before + 1n) / every === (now.revision + 1n) / every) return;
    try {
      const data = {
        decider: decider.name,
        version: codec.version,
        revision: String(now.revision),
        position: String(now.position),
        state: codec.toJson(now.state),
      };
      if (Buffer.byteLength(JSON.stringify(data)) > SNAPSHOT_BYTES_MAX) {
        this.logger.warn(`the state of ${stream} is too large for a snapshot`);
        return;
      }
      await this.store(snapshotStreamOf(stream), data);
    } catch (error) {
      this.logger.warn(`snapshot of ${stream} not stored: ${String(error)}`);
    }
  }

  private async store(name: string, data: StoredSnapshot): Promise<void> {
    if (!this.bounded.get(name)) {
      await this.client.setStreamMetadata(name, { maxCount: 1 });
      this.bounded.set(name, true);
    }
    // The id names the place, so that two processes that take the same snapshot store it once.
    const id = deriveId('snapshot', name, data.version, data.revision);
    await this.client.appendToStream(name, jsonEvent({ id, type: TYPE, data: { ...data } }), {
      expectedRevision: 'any',
    });
  }

  async close(): Promise<void> {
    await releaseClient(this.connectionString);
  }
}
