import { appendLeaf, nodeHash, type MerkleFrontier, type MerkleHash, type Subtree } from '@solyx/kernel';

/**
 * The tree is kept in tiles: tile (level, index) has the hashes of the complete subtrees of 256^level leaves each, 256 of
 * them. So an event costs 32 bytes and a 256th more, and any node of the tree is computed from one tile.
 */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

export interface TilePlace {
  readonly level: number;
  readonly index: number;
}

/** Hashes that come behind those which a tile has already. */
export interface TileGrowth extends TilePlace {
  /** How many it has already. */
  readonly offset: number;
  readonly hashes: readonly MerkleHash[];
}

export const tileKey = ({ level, index }: TilePlace): string => `${level}/${index}`;

/** What is to be kept when leaves are added, and the frontier after them. */
export function growTiles(
  frontier: MerkleFrontier,
  leaves: readonly MerkleHash[],
): { readonly frontier: MerkleFrontier; readonly tiles: readonly TileGrowth[] } {
  const tiles = new Map<string, TilePlace & { readonly offset: number; readonly hashes: MerkleHash[] }>();
  const keep = (subtree: Subtree, hash: MerkleHash): void => {
    if (subtree.level % TILE_HEIGHT !== 0) return;
    const place = { level: subtree.level / TILE_HEIGHT, index: Math.floor(subtree.index / TILE_WIDTH) };
    const key = tileKey(place);
    const known = tiles.get(key);
    if (known) known.hashes.push(hash);
    else tiles.set(key, { ...place, offset: subtree.index % TILE_WIDTH, hashes: [hash] });
  };
  let next = frontier;
  for (const leaf of leaves) next = appendLeaf(next, leaf, keep);
  return { frontier: next, tiles: [...tiles.values()] };
}

/** The tile that a complete subtree is computed from. */
export const tileOf = ({ level, index }: Subtree): TilePlace => ({
  level: Math.floor(level / TILE_HEIGHT),
  index: Math.floor((index * 2 ** (level % TILE_HEIGHT)) / TILE_WIDTH),
});

/** The hash of a complete subtree from its tile; undefined where the tile does not have all of it. */
export function hashInTile({ level, index }: Subtree, hashes: readonly MerkleHash[]): MerkleHash | undefined {
  const width = 2 ** (level % TILE_HEIGHT);
  const first = (index * width) % TILE_WIDTH;
  if (hashes.length < first + width) return undefined;
  let row = hashes.slice(first, first + width);
  while (row.length > 1) {
    const above: MerkleHash[] = [];
    for (let at = 0; at < row.length; at += 2) above.push(nodeHash(row[at] ?? '', row[at + 1] ?? ''));
    row = above;
  }
  return row[0];
}
