import { SolyxError } from '@solyx/kernel';
import {
  CheckpointStore,
  Leadership,
  ParkingLot,
  ProjectionRunner,
  type LeadershipListener,
  type ParkedEvent,
  type ParkedFilter,
  type ParkedPage,
} from '@solyx/eventing';

/** Checkpoints in memory, fenced as the real ones. */
export class MemoryCheckpoints extends CheckpointStore {
  private readonly saved = new Map<string, { readonly position: bigint; readonly epoch: bigint }>();

  override async load(name: string): Promise<bigint | undefined> {
    return this.saved.get(name)?.position;
  }

  override async save(name: string, position: bigint, epoch: bigint): Promise<void> {
    const known = this.saved.get(name);
    if (known && known.epoch > epoch) {
      throw new SolyxError('FailedPrecondition', `epoch ${epoch} no longer leads ${name}`, { name });
    }
    this.saved.set(name, { position: known && known.position > position ? known.position : position, epoch });
  }
}

const matching = (filter: ParkedFilter) => (event: ParkedEvent) =>
  (filter.consumer === undefined || filter.consumer === event.consumer) &&
  (filter.eventId === undefined || filter.eventId === event.eventId) &&
  (filter.organizationId === undefined || filter.organizationId === event.organizationId);

export class MemoryParkingLot extends ParkingLot {
  private readonly parked = new Map<string, ParkedEvent>();

  override async park(event: ParkedEvent): Promise<void> {
    this.parked.set(`${event.consumer}\u0000${event.eventId}`, event);
  }

  override async list(filter: ParkedFilter, first: number, skip = 0): Promise<ParkedPage> {
    const all = [...this.parked.values()].filter(matching(filter));
    return { events: all.slice(skip, skip + first), total: all.length };
  }

  override async take(
    filter: ParkedFilter,
    limit: number,
    work: (event: ParkedEvent) => Promise<ParkedEvent | undefined>,
  ): Promise<{ readonly done: number; readonly kept: number }> {
    const chosen = [...this.parked].filter(([, event]) => matching(filter)(event)).slice(0, limit);
    let done = 0;
    for (const [key, event] of chosen) {
      const newer = await work(event);
      if (newer) this.parked.set(key, newer);
      else if (this.parked.delete(key)) done += 1;
    }
    return { done, kept: chosen.length - done };
  }
}

/** Who campaigns leads, at once; `depose` and `elect` play the rest. */
export class SoleLeadership extends Leadership {
  private listener: LeadershipListener | undefined;
  private epoch: bigint;

  constructor(firstEpoch = 1n) {
    super();
    this.epoch = firstEpoch - 1n;
  }

  override async campaign(_context: string, listener: LeadershipListener): Promise<void> {
    this.listener = listener;
    await this.elect();
  }

  async elect(): Promise<void> {
    this.epoch += 1n;
    await this.listener?.onElected(this.epoch);
  }

  async depose(): Promise<void> {
    await this.listener?.onLost();
  }

  override async resign(): Promise<void> {
    this.listener = undefined;
  }
}

/** For contexts whose views nobody looks at. */
export class NoProjections extends ProjectionRunner {
  override async start(): Promise<void> {}
  override async stop(): Promise<void> {}
}
