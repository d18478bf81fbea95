import { EMPTY_FRONTIER, SolyxError, type MerkleHash } from '@solyx/kernel';
import { MerkleStore, type LogTreeGrowth, type LogTreeState } from '../../application/proof/merkle-store';
import { tileKey, type TilePlace } from '../../domain/proof/tiles';

/** The tree in memory: for simulations and specs. */
export class MemoryMerkleStore extends MerkleStore {
  private grown: LogTreeState = { frontier: EMPTY_FRONTIER, position: -1n };
  private readonly kept = new Map<string, MerkleHash[]>();
  private readonly leaves = new Map<bigint, number>();

  override state(): Promise<LogTreeState> {
    return Promise.resolve(this.grown);
  }

  override async append({ before, frontier, position, tiles, positions }: LogTreeGrowth): Promise<void> {
    if (this.grown.frontier.size !== before.size) {
      throw new SolyxError('Conflict', 'the tree has grown meanwhile', { size: this.grown.frontier.size });
    }
    for (const tile of tiles) {
      const known = this.kept.get(tileKey(tile));
      if (known) known.push(...tile.hashes);
      else this.kept.set(tileKey(tile), [...tile.hashes]);
    }
    for (const [index, one] of positions.entries()) this.leaves.set(one, before.size + index);
    this.grown = { frontier, position };
  }

  override async tiles(places: readonly TilePlace[]): Promise<ReadonlyMap<string, readonly MerkleHash[]>> {
    return new Map(
      places.flatMap((place) => {
        const hashes = this.kept.get(tileKey(place));
        return hashes ? [[tileKey(place), hashes] as const] : [];
      }),
    );
  }

  override async leavesAt(positions: readonly bigint[]): Promise<readonly (number | undefined)[]> {
    return positions.map((position) => this.leaves.get(position));
  }
}
