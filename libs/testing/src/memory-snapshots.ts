import type { Command, Decider, DomainEvent } from '@solyx/kernel';
import { Snapshots, type Snapshot } from '@solyx/eventing';

/** Snapshots in memory, by the same rules: as JSON, for one version of the fold. */
export class MemorySnapshots extends Snapshots {
  private readonly kept = new Map<
    string,
    { readonly key: string; readonly state: string } & Omit<Snapshot<0>, 'state'>
  >();

  override async latest<S, E extends DomainEvent>(
    decider: Decider<Command, S, E, string> | Decider<never, S, E, string>,
    stream: string,
  ): Promise<Snapshot<S> | undefined> {
    const codec = decider.snapshot;
    const found = this.kept.get(stream);
    if (!codec || found?.key !== `${decider.name}@${codec.version}`) return undefined;
    return { ...found, state: codec.fromJson(JSON.parse(found.state)) };
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
    const { revision, position } = now;
    const state = JSON.stringify(codec.toJson(now.state));
    this.kept.set(stream, { key: `${decider.name}@${codec.version}`, state, revision, position });
  }
}
