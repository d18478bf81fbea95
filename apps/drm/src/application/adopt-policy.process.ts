import { Injectable } from '@nestjs/common';
import { PolicyAdopted } from '@solyx/contracts/drm';
import { OnTick } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { DrmSettings } from './drm-settings';
import { PartitionInbox } from './partition-inbox';

const TICK_MS = 500;

/** Records which policy decides from now on, where the configuration names another than the journal's. */
@Injectable()
export class AdoptPolicyProcess {
  private isDone = false;

  constructor(
    private readonly inbox: PartitionInbox,
    private readonly clock: Clock,
    private readonly settings: DrmSettings,
  ) {}

  @OnTick(TICK_MS)
  async adopt(): Promise<void> {
    const { policy } = this.settings;
    if (this.isDone) return;
    if (policy !== undefined && (await this.inbox.state()).policy !== policy) {
      const at = this.clock.iso();
      await this.inbox.observe(PolicyAdopted({ policy, at }), `${policy}/${at}`);
    }
    this.isDone = true;
  }
}
