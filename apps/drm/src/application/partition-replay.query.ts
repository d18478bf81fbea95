import { Injectable } from '@nestjs/common';
import { DecisionReplay, EventLog } from '@solyx/eventing';
import { partitionDecider } from '../domain/partition';
import type { PartitionEvent } from '../domain/partition-events';
import { DecisionReplayer } from '../domain/replay-decisions';
import { DrmSettings } from './drm-settings';

/** Runs every recorded placement decision again, from event 0, and counts those that come out otherwise. */
@Injectable()
export class PartitionReplay extends DecisionReplay {
  constructor(
    private readonly log: EventLog,
    private readonly settings: DrmSettings,
  ) {
    super();
  }

  override async verify(): Promise<{ readonly checked: number; readonly differing: number }> {
    const replayer = new DecisionReplayer();
    const journal = `${partitionDecider.name}-${this.settings.partition}`;
    for await (const event of this.log.readStream(journal)) replayer.add(event as unknown as PartitionEvent);
    return replayer.finish();
  }
}
