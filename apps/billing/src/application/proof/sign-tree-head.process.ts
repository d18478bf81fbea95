import { Injectable } from '@nestjs/common';
import { OnTick } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { LogTree } from './log-tree';
import { ProofSettings } from './proof-settings';
import { TreeHeads } from './tree-heads';

const TICK_MS = 1_000;

/** Keeps the tree over the log up to date, and signs its head when there is something new. */
@Injectable()
export class SignTreeHeadProcess {
  private nextAt = 0;

  constructor(
    private readonly tree: LogTree,
    private readonly heads: TreeHeads,
    private readonly settings: ProofSettings,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async grow(): Promise<void> {
    const now = this.clock.now();
    if (now < this.nextAt) return;
    this.nextAt = now + this.settings.growEveryMs;
    const { frontier } = await this.tree.grow();
    if (!this.heads.canSign()) return;
    const last = await this.heads.last();
    // The last head is an event too: alone it is nothing new, or heads would follow heads for ever.
    const uncovered = last ? frontier.size - last.size - 1 : frontier.size;
    if (uncovered <= 0) return;
    const age = last ? now - Date.parse(last.at) : Number.POSITIVE_INFINITY;
    if (uncovered >= this.settings.headEveryEvents || age >= this.settings.headEveryMs) await this.heads.sign();
  }
}
