import { Injectable } from '@nestjs/common';
import { StartsForeseen } from '@solyx/contracts/drm';
import { OnTick } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { foresee } from '../domain/eta';
import { PartitionInbox } from './partition-inbox';

const LOOK_MS = 15_000;

/**
 * Foresees when work that waits should start, once each, beside the scheduler: the journal keeps it as an input, so
 * that a replay needs no look ahead, and compares it with the truth when the work starts.
 */
@Injectable()
export class ForeseeStartsProcess {
  constructor(
    private readonly inbox: PartitionInbox,
    private readonly clock: Clock,
  ) {}

  @OnTick(LOOK_MS)
  async look(): Promise<void> {
    const state = await this.inbox.state();
    if (state.order.every((workloadId) => state.foreseen.has(workloadId))) return;
    const said = foresee(state, this.clock.iso());
    if (said.starts.length > 0) await this.inbox.observe(StartsForeseen(said), said.at);
  }
}
