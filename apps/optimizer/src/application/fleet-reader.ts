import { Injectable } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import { emptyFleet, observe, type Fleet, type FleetFact } from '../domain/observe';
import { OptimizerSettings } from './optimizer-settings';

/**
 * The fleet, folded from the scheduler's journal itself: in its order, each fact once, whatever the bus repeats or
 * delays. A look reads what is new since the last one; a restart folds the journal again and sees the same fleet.
 */
@Injectable()
export class FleetReader {
  private readonly fleet = emptyFleet();
  private revision = -1n;
  private position = -1n;

  constructor(
    private readonly streams: Streams,
    private readonly settings: OptimizerSettings,
  ) {}

  /** Not to be called while a call is under way. */
  async read(): Promise<{ readonly fleet: Fleet; readonly position: bigint }> {
    const journal = `drm.partition-${this.settings.partition}`;
    for await (const event of this.streams.log.readStream(journal, { from: this.revision + 1n })) {
      // Facts that are not of the fleet fall through the fold.
      observe(this.fleet, event as unknown as FleetFact);
      this.revision = event.revision;
      this.position = event.position;
    }
    return { fleet: this.fleet, position: this.position };
  }
}
