import {
  accept,
  refuse,
  verifyConsistency,
  type Command,
  type Decider,
  type MerkleHash,
  type SnapshotCodec,
} from '@solyx/kernel';
import { TreeHeadSigned } from '@solyx/contracts/billing';

export const LOG_ID = 'main';

/** What of a head is signed. */
export interface TreeHeadBody {
  readonly logId: string;
  readonly size: number;
  readonly rootHash: MerkleHash;
  readonly position: string;
  readonly at: string;
}

/**
 * The signed text: a checkpoint of C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint) with two lines of our own, the
 * position of the last event covered and the time. Every line ends with a line feed.
 */
export const signedTextOf = ({ logId, size, rootHash, position, at }: TreeHeadBody): string =>
  `solyx/${logId}\n${size}\n${Buffer.from(rootHash, 'hex').toString('base64')}\nposition ${position}\nsigned ${at}\n`;

export type TreeHeadCommand = Command<'SignHead', Omit<TreeHeadSigned['data'], 'previous'>>;

export type LastHead = TreeHeadSigned['data'] | undefined;

const snapshot: SnapshotCodec<LastHead> = {
  version: 1,
  every: 500,
  toJson: (head) => head ?? null,
  fromJson: (json) => (json as TreeHeadSigned['data'] | null) ?? undefined,
};

/** Heads of one log: each covers more than the one before, and begins with all that that one covers. */
export const treeHeadDecider: Decider<TreeHeadCommand, LastHead, TreeHeadSigned, 'TreeForked'> = {
  name: 'billing.treeHead',
  initial: undefined,
  snapshot,

  decide({ data }, last) {
    if (!last) return accept(TreeHeadSigned({ ...data, consistency: [] }));
    if (data.size === last.size && data.rootHash === last.rootHash) return accept();
    // Somebody was faster and covers more; that head covers this one too.
    if (data.size < last.size) return accept();
    const older = { size: last.size, root: last.rootHash };
    const newer = { size: data.size, root: data.rootHash };
    if (!verifyConsistency(older, newer, data.consistency)) {
      return refuse('TreeForked', { signedSize: last.size, size: data.size });
    }
    return accept(TreeHeadSigned({ ...data, previous: { size: last.size, rootHash: last.rootHash } }));
  },

  evolve: (_, { data }) => data,
};
