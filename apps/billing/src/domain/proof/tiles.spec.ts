import { EMPTY_FRONTIER, hashOfRange, leafHash, nodeHash, rootOf, type MerkleHash } from '@solyx/kernel';
import { growTiles, hashInTile, tileKey, tileOf } from './tiles';

const leaves = (from: number, to: number): readonly MerkleHash[] =>
  Array.from({ length: to - from }, (_, index) => leafHash(`event ${from + index}`));

/** Level by level, all of it: the oracle. */
function levelsOf(size: number): readonly (readonly MerkleHash[])[] {
  const levels: MerkleHash[][] = [[...leaves(0, size)]];
  for (let row = levels[0] ?? []; row.length > 1; row = levels[levels.length - 1] ?? []) {
    const above: MerkleHash[] = [];
    for (let at = 0; at + 1 < row.length; at += 2) above.push(nodeHash(row[at] ?? '', row[at + 1] ?? ''));
    levels.push(above);
  }
  return levels;
}

const SIZE = 70_000;

describe('Tiles', () => {
  it('give every complete subtree, however the leaves came', () => {
    const levels = levelsOf(SIZE);
    const tiles = new Map<string, MerkleHash[]>();
    let frontier = EMPTY_FRONTIER;
    for (let at = 0, step = 1; at < SIZE; at += step, step = (step * 7 + 3) % 5_000 || 1) {
      const growth = growTiles(frontier, leaves(at, Math.min(at + step, SIZE)));
      for (const tile of growth.tiles) {
        const known = tiles.get(tileKey(tile)) ?? [];
        expect(tile.offset).toBe(known.length);
        tiles.set(tileKey(tile), [...known, ...tile.hashes]);
      }
      frontier = growth.frontier;
    }
    expect(frontier.size).toBe(SIZE);
    for (const [level, row] of levels.entries()) {
      for (const index of [0, 1, Math.floor(row.length / 2), row.length - 1].filter((one) => one < row.length)) {
        const subtree = { level, index };
        expect(hashInTile(subtree, tiles.get(tileKey(tileOf(subtree))) ?? [])).toBe(row[index]);
      }
      expect(
        hashInTile({ level, index: row.length }, tiles.get(tileKey(tileOf({ level, index: row.length }))) ?? []),
      ).toBe(undefined);
    }
    const whole = hashOfRange({ from: 0, to: SIZE }, ({ level, index }) => levels[level]?.[index] ?? '');
    expect(rootOf(frontier)).toBe(whole);
    // 273 tiles of leaves, one of their roots and one above: no more is ever kept.
    expect(
      [...tiles.keys()]
        .map((key) => key[0])
        .sort()
        .join(''),
    ).toBe(`${'0'.repeat(274)}${'1'.repeat(2)}2`);
  });
});
