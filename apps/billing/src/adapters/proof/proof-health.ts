import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { Health, type ProbeResult } from '@solyx/platform';
import { LogTree } from '../../application/proof/log-tree';
import { ProofSettings } from '../../application/proof/proof-settings';
import { TreeHeads } from '../../application/proof/tree-heads';
import { reconciliationDecider } from '../../domain/proof/reconciliation';

/** So much later than it is due, a head means that nobody signs. */
const SLACK_MS = 120_000;
const DAY_MS = 86_400_000;
const DAYS_BACK = 2;

/** Tells `/ready` and `solyx doctor` the public key, how much of the log is signed, and whether the books were right. */
@Injectable()
export class ProofHealth implements OnModuleInit {
  constructor(
    private readonly health: Health,
    private readonly tree: LogTree,
    private readonly heads: TreeHeads,
    private readonly streams: Streams,
    private readonly settings: ProofSettings,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.health.add({ name: 'treeHead', required: false, check: () => this.treeHead() });
    this.health.add({ name: 'books', required: false, check: () => this.books() });
  }

  private async treeHead(): Promise<ProbeResult> {
    const { frontier } = await this.tree.state();
    if (!this.heads.canSign()) return { ok: true, details: { signing: false, events: frontier.size } };
    const last = await this.heads.last();
    if (!last) return { ok: true, details: { signing: true, events: frontier.size, signed: 0 } };
    const { keyId, publicKey, size } = last;
    const ageMs = Math.max(0, this.clock.now() - Date.parse(last.at));
    // The head itself is an event, which the next one covers.
    const uncovered = Math.max(0, frontier.size - size - 1);
    const ok = uncovered === 0 || ageMs <= this.settings.headEveryMs + SLACK_MS;
    const ageSeconds = Math.round(ageMs / 1_000);
    return { ok, details: { signing: true, events: frontier.size, signed: size, ageSeconds, keyId, publicKey } };
  }

  /** Of the newest day that was counted. */
  private async books(): Promise<ProbeResult> {
    for (let back = 0; back <= DAYS_BACK; back += 1) {
      const day = new Date(this.clock.now() - back * DAY_MS).toISOString().slice(0, 10);
      const { state } = await this.streams.load(reconciliationDecider, day);
      if (state.differing !== undefined)
        return { ok: state.differing === 0, details: { day, differing: state.differing } };
    }
    return { ok: true, details: { differing: 0, day: 'none counted yet' } };
  }
}
