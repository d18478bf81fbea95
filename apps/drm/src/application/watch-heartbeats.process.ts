import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { nodeDecider } from '../domain/node';
import { DrmSettings } from './drm-settings';
import { PartitionInbox } from './partition-inbox';

const CHECK_MS = 1_000;
/** Checks that are further apart than this were interrupted: by a restart, a takeover, a machine that slept. */
const INTERRUPTED_MS = 5_000;
const NODES_MAX = 20_000;

/**
 * Nodes are leased their place by heartbeats. Hearing is memory alone; only the leader's tick records, that a node is
 * lost or is back. Whoever begins to watch gives every node a full lease first: silence before that proves nothing.
 */
@Injectable()
export class WatchHeartbeatsProcess {
  private readonly heard = new Map<string, number>();
  /** When each watched node was last taken to be alive. */
  private readonly alive = new Map<string, number>();
  /** Lost nodes, and when that was found. */
  private readonly lost = new Map<string, number>();
  private checkedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly streams: Streams,
    private readonly inbox: PartitionInbox,
    private readonly clock: Clock,
    private readonly settings: DrmSettings,
  ) {}

  /** A heartbeat came. Heard by every process of the service, so that a takeover starts warm. */
  hear(nodeId: string): void {
    if (this.heard.size < NODES_MAX || this.heard.has(nodeId)) this.heard.set(nodeId, this.clock.now());
  }

  @OnTick(CHECK_MS)
  async check(): Promise<void> {
    const now = this.clock.now();
    const wasInterrupted = now - this.checkedAt > INTERRUPTED_MS;
    this.checkedAt = now;
    const { nodes } = await this.inbox.state();
    const watched = [...nodes.values()].filter(({ terms }) => terms.executor === 'agent');
    const present = new Set(watched.map(({ terms }) => terms.nodeId));
    for (const nodeId of this.alive.keys()) if (!present.has(nodeId)) this.alive.delete(nodeId);
    for (const nodeId of [...present].sort()) {
      this.lost.delete(nodeId);
      const last = Math.max(wasInterrupted ? now : (this.alive.get(nodeId) ?? now), this.heard.get(nodeId) ?? 0);
      this.alive.set(nodeId, last);
      if (now - last > this.settings.heartbeatTimeoutMs) await this.lose(nodeId, last, now);
    }
    await this.welcomeBack(present);
  }

  private async lose(nodeId: string, last: number, now: number): Promise<void> {
    const lastSeenAt = new Date(last).toISOString();
    const command = { type: 'LoseNode', data: { nodeId, lastSeenAt, at: new Date(now).toISOString() } } as const;
    await this.streams.transact(nodeDecider, nodeId, command, onOccasion('drm', `lost/${nodeId}/${last}`));
    this.lost.set(nodeId, now);
  }

  /** A node that speaks although it is not here: lost ones recover, all others are none of ours. */
  private async welcomeBack(present: ReadonlySet<string>): Promise<void> {
    for (const [nodeId, at] of this.heard) {
      if (present.has(nodeId)) continue;
      const { state, revision } = await this.streams.load(nodeDecider, nodeId);
      if (state.phase === 'Lost' && at > (this.lost.get(nodeId) ?? 0)) {
        const command = { type: 'RecoverNode', data: { nodeId, at: new Date(at).toISOString() } } as const;
        await this.streams.transact(nodeDecider, nodeId, command, onOccasion('drm', `back/${nodeId}/${revision}`));
      } else if (state.phase !== 'Lost' && state.phase !== 'Ready' && state.phase !== 'Cordoned') {
        this.heard.delete(nodeId);
      }
    }
  }
}
