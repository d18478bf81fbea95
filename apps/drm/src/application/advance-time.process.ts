import { Injectable } from '@nestjs/common';
import { OnTick } from '@solyx/eventing';
import { PartitionInbox } from './partition-inbox';

const TICK_MS = 1_000;

/** Some things change by time alone: a backoff is over, a lease is idle for long enough, an offer is stale. */
@Injectable()
export class AdvanceTimeProcess {
  constructor(private readonly inbox: PartitionInbox) {}

  @OnTick(TICK_MS)
  async advance(): Promise<void> {
    await this.inbox.tick();
  }
}
