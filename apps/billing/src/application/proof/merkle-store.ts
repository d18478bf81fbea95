import type { MerkleFrontier, MerkleHash } from '@solyx/kernel';
import type { TileGrowth, TilePlace } from '../../domain/proof/tiles';

export interface LogTreeState {
  readonly frontier: MerkleFrontier;
  /** Of the last event in the tree; -1 in an empty one. */
  readonly position: bigint;
}

export interface LogTreeGrowth extends LogTreeState {
  /** What the tree must be like for it to be taken. */
  readonly before: MerkleFrontier;
  readonly tiles: readonly TileGrowth[];
  /** Of the leaves that are added, ascending. */
  readonly positions: readonly bigint[];
}

/** Where the tree over the log is kept. It only grows. Adapters: PostgreSQL, memory. */
export abstract class MerkleStore {
  abstract state(): Promise<LogTreeState>;
  /** All of it or nothing, the position of the log included; throws Conflict where the tree has grown meanwhile. */
  abstract append(growth: LogTreeGrowth): Promise<void>;
  /** Hashes by `tileKey`; a tile that does not exist is left out. At most 4,096 at once. */
  abstract tiles(places: readonly TilePlace[]): Promise<ReadonlyMap<string, readonly MerkleHash[]>>;
  /** Which leaf the event at each position is; undefined where none is. At most 4,096 at once. */
  abstract leavesAt(positions: readonly bigint[]): Promise<readonly (number | undefined)[]>;
}
