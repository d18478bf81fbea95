import { Injectable } from '@nestjs/common';
import type { TreeHeadSigned } from '@solyx/contracts/billing';
import { EventLog, onOccasion, Streams } from '@solyx/eventing';
import { Clock, consistencyPath, rootOf, SolyxError } from '@solyx/kernel';
import { LOG_ID, signedTextOf, treeHeadDecider } from '../../domain/proof/tree-head';
import { keyIdOf } from './key-id';
import { LogTree } from './log-tree';
import { HeadSigner } from './head-signer';

export type TreeHead = TreeHeadSigned['data'];

/** Turns of growth that somebody waits for at most: four million events. */
const TURNS_MAX = 16;

/** Signed heads of the tree, on their own stream of the log; later ones cover earlier ones. */
@Injectable()
export class TreeHeads {
  constructor(
    private readonly streams: Streams,
    private readonly log: EventLog,
    private readonly tree: LogTree,
    private readonly key: HeadSigner,
    private readonly clock: Clock,
  ) {}

  /** Whether this installation signs at all. */
  canSign(): boolean {
    return this.key.publicKey() !== undefined;
  }

  async last(): Promise<TreeHead | undefined> {
    return (await this.streams.load(treeHeadDecider, LOG_ID)).state;
  }

  /** A head over all that the tree has now; throws FailedPrecondition where the log is not what was signed before. */
  async sign(): Promise<TreeHead | undefined> {
    const { frontier, position } = await this.tree.state();
    const { size } = frontier;
    const publicKey = this.key.publicKey();
    if (size === 0 || publicKey === undefined) return undefined;
    const last = await this.last();
    const consistency = await this.tree.hashesOf(consistencyPath(last?.size ?? 0, size));
    const body = { logId: LOG_ID, size, rootHash: rootOf(frontier), position: String(position), at: this.clock.iso() };
    const signature = this.key.sign(signedTextOf(body));
    const data = { ...body, consistency, keyId: keyIdOf(publicKey), publicKey, signature };
    // With the time in it: another process that signs the same tree signs another head, and only one of them is recorded.
    const occasion = onOccasion('billing', `tree-head/${LOG_ID}/${size}/${body.at}`);
    const outcome = await this.streams.transact(treeHeadDecider, LOG_ID, { type: 'SignHead', data }, occasion);
    if (outcome.accepted) return outcome.state;
    throw new SolyxError('FailedPrecondition', 'the log does not begin as the last signed head says', outcome.details, {
      reason: outcome.reason,
      hint: 'Stop writing, keep the database as it is, and see docs/runbooks/reconciliation-differs.md.',
    });
  }

  /**
   * The first head that covers the position, so that whoever asks again gets the same one. Waits for the tree, and signs
   * where none covers it yet.
   */
  async covering(position: bigint): Promise<TreeHead> {
    if (!this.canSign()) {
      throw new SolyxError(
        'FailedPrecondition',
        'this installation signs no heads, so nothing can be proved',
        {},
        {
          reason: 'NoSigningKey',
          hint: 'Set SOLYX_BILLING_PROOF_KEY_FILE to a file that billing may write, and start it again.',
        },
      );
    }
    let { position: grownTo } = await this.tree.state();
    for (let turn = 0; grownTo < position && turn < TURNS_MAX; turn += 1) {
      ({ position: grownTo } = await this.tree.grow());
    }
    const [leaf = 0] = await this.tree.leavesAt([position]);
    const known = await this.firstOfSize(leaf + 1);
    if (known) return known;
    await this.sign();
    const signed = await this.firstOfSize(leaf + 1);
    if (signed) return signed;
    throw new SolyxError('Unavailable', 'the head that was just signed cannot be read yet', { leaf });
  }

  /** By halving: sizes only grow along the stream. */
  private async firstOfSize(size: number): Promise<TreeHead | undefined> {
    const { state, revision } = await this.streams.load(treeHeadDecider, LOG_ID);
    if (!state || state.size < size) return undefined;
    let found = state;
    let low = 0n;
    let high = revision;
    while (low < high) {
      const middle = (low + high) / 2n;
      const head = await this.at(middle);
      if (head.size >= size) {
        found = head;
        high = middle;
      } else low = middle + 1n;
    }
    return found;
  }

  private async at(revision: bigint): Promise<TreeHead> {
    const stream = `${treeHeadDecider.name}-${LOG_ID}`;
    for await (const { data } of this.log.readStream(stream, { from: revision, limit: 1 })) return data as TreeHead;
    throw new SolyxError('Unavailable', `${stream}@${revision} cannot be read`, { stream });
  }
}
