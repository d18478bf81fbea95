import { hash } from 'node:crypto';

/**
 * Merkle tree hashes, inclusion and consistency proofs of RFC 9162 §2.1 (Certificate Transparency 2.0) with SHA-256. A hash is
 * 64 lower-case hex digits. Sizes and indexes are integers below 2^53. Everything here is a pure function of its arguments.
 */
export type MerkleHash = string;

/** Leaves `from` (inclusive) to `to` (exclusive). */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** A complete subtree: the leaves index × 2^level until (index + 1) × 2^level. Level 0 is the leaves. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** What a log of `size` leaves must remember to go on: the roots of its complete subtrees, largest first. O(log size). */
export interface MerkleFrontier {
  readonly size: number;
  readonly peaks: readonly MerkleHash[];
}

export interface TreeRoot {
  readonly size: number;
  readonly root: MerkleHash;
}

export const MERKLE_HASH = /^[0-9a-f]{64}$/;
/** The hash of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: MerkleHash = hash('sha256', '', 'hex');
export const EMPTY_FRONTIER: MerkleFrontier = { size: 0, peaks: [] };

const HASH_BYTES = 32;

/** SHA-256(0x00 ‖ bytes). A text stands for its UTF-8 bytes. */
export function leafHash(content: string | Uint8Array): MerkleHash {
  const length = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
  const bytes = Buffer.allocUnsafe(length + 1);
  bytes[0] = 0;
  if (typeof content === 'string') bytes.write(content, 1);
  else bytes.set(content, 1);
  return hash('sha256', bytes, 'hex');
}

/** SHA-256(0x01 ‖ left ‖ right): what tells a node from a leaf whose content looks like one. */
export function nodeHash(left: MerkleHash, right: MerkleHash): MerkleHash {
  const bytes = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  bytes[0] = 1;
  bytes.write(left, 1, 'hex');
  bytes.write(right, 1 + HASH_BYTES, 'hex');
  return hash('sha256', bytes, 'hex');
}

/**
 * The frontier after one more leaf: as many nodes are hashed as the old size has trailing one bits. `onSubtree` is told
 * of each subtree that becomes complete, the leaf itself first.
 */
export function appendLeaf(
  { size, peaks }: MerkleFrontier,
  leaf: MerkleHash,
  onSubtree?: (subtree: Subtree, hash: MerkleHash) => void,
): MerkleFrontier {
  const next = [...peaks];
  let top = leaf;
  let level = 0;
  let index = size;
  onSubtree?.({ level, index }, top);
  while (index % 2 === 1) {
    top = nodeHash(next.pop() ?? '', top);
    index = (index - 1) / 2;
    level += 1;
    onSubtree?.({ level, index }, top);
  }
  next.push(top);
  return { size: size + 1, peaks: next };
}

/** The root of all leaves so far. */
export const rootOf = ({ peaks }: MerkleFrontier): MerkleHash => joinPeaks(peaks) ?? EMPTY_ROOT;

const joinPeaks = (peaks: readonly MerkleHash[]): MerkleHash | undefined =>
  peaks.reduceRight<MerkleHash | undefined>(
    (right, left) => (right === undefined ? left : nodeHash(left, right)),
    undefined,
  );

/** The largest power of two smaller than n, for n ≥ 2: where RFC 9162 splits a tree of n leaves. */
export function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** The complete subtrees that make up a range which begins where a tree may be split, largest first. */
export function subtreesOf({ from, to }: LeafRange): readonly Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = from; at < to;) {
    let level = 0;
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= to) {
      level += 1;
      width *= 2;
    }
    subtrees.push({ level, index: at / width });
    at += width;
  }
  return subtrees;
}

/** The hash of a range from those of its complete subtrees. */
export function hashOfRange(range: LeafRange, hashOf: (subtree: Subtree) => MerkleHash): MerkleHash {
  return joinPeaks(subtreesOf(range).map(hashOf)) ?? EMPTY_ROOT;
}

/**
 * The fewest ranges that, with the leaves themselves, give the root of `size` leaves; from left to right. For one leaf
 * these are the nodes of its inclusion path. `leaves` are distinct and in order, each below `size`.
 */
export function rangesBeside(leaves: readonly number[], size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  const walk = (range: LeafRange, first: number, last: number): void => {
    if (first === last) {
      ranges.push(range);
      return;
    }
    const { from, to } = range;
    if (to - from === 1) return;
    const middle = from + splitOf(to - from);
    const split = lowerBound(leaves, middle, first, last);
    walk({ from, to: middle }, first, split);
    walk({ from: middle, to }, split, last);
  };
  if (size > 0) walk({ from: 0, to: size }, 0, leaves.length);
  return ranges;
}

/** The root that leaves give with the hashes of the ranges beside them, both from left to right. */
export function rootBeside(
  leaves: readonly { readonly index: number; readonly hash: MerkleHash }[],
  beside: readonly MerkleHash[],
  size: number,
): MerkleHash {
  const indexes = leaves.map(({ index }) => index);
  let next = 0;
  const hashOf = ({ from, to }: LeafRange, first: number, last: number): MerkleHash => {
    if (first === last) {
      next += 1;
      return beside[next - 1] ?? '';
    }
    if (to - from === 1) return leaves[first]?.hash ?? '';
    const middle = from + splitOf(to - from);
    const split = lowerBound(indexes, middle, first, last);
    const left = hashOf({ from, to: middle }, first, split);
    return nodeHash(left, hashOf({ from: middle, to }, split, last));
  };
  return size === 0 ? EMPTY_ROOT : hashOf({ from: 0, to: size }, 0, indexes.length);
}

function lowerBound(sorted: readonly number[], value: number, first: number, last: number): number {
  let low = first;
  let high = last;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The path of one leaf as RFC 9162 §2.1.3.1 orders it: from the leaf's sibling up to the root's child. */
export function inclusionPath(leaf: number, size: number): readonly LeafRange[] {
  const path: LeafRange[] = [];
  let range: LeafRange = { from: 0, to: size };
  while (range.to - range.from > 1) {
    const { from, to } = range;
    const middle = from + splitOf(to - from);
    const isLeft = leaf < middle;
    path.unshift(isLeft ? { from: middle, to } : { from, to: middle });
    range = isLeft ? { from, to: middle } : { from: middle, to };
  }
  return path;
}

/** Whether the leaf stands at `index` of the tree with this root (RFC 9162 §2.1.3.2). */
export function verifyInclusion(
  leaf: { readonly hash: MerkleHash; readonly index: number },
  proof: readonly MerkleHash[],
  tree: TreeRoot,
): boolean {
  if (!Number.isSafeInteger(leaf.index) || leaf.index < 0 || leaf.index >= tree.size) return false;
  if (!proof.every((one) => MERKLE_HASH.test(one))) return false;
  const path = inclusionPath(leaf.index, tree.size);
  if (path.length !== proof.length) return false;
  let top = leaf.hash;
  for (const [step, { from }] of path.entries()) {
    const sibling = proof[step] ?? '';
    top = from > leaf.index ? nodeHash(top, sibling) : nodeHash(sibling, top);
  }
  return top === tree.root;
}

/** Down from the whole newer tree to where the older one ends: that range, and the siblings from there up to the top. */
function descent(older: number, newer: number): { readonly end: LeafRange; readonly siblings: readonly LeafRange[] } {
  const siblings: LeafRange[] = [];
  let end: LeafRange = { from: 0, to: newer };
  while (end.to !== older) {
    const { from, to } = end;
    const middle = from + splitOf(to - from);
    const isLeft = older <= middle;
    siblings.unshift(isLeft ? { from: middle, to } : { from, to: middle });
    end = isLeft ? { from, to: middle } : { from: middle, to };
  }
  return { end, siblings };
}

/** The nodes that prove a tree of `older` leaves to be the beginning of one of `newer` (RFC 9162 §2.1.4.1). */
export function consistencyPath(older: number, newer: number): readonly LeafRange[] {
  if (older <= 0 || older >= newer) return [];
  const { end, siblings } = descent(older, newer);
  // Where the range is the whole older tree, the verifier has its hash already.
  return end.from === 0 ? siblings : [end, ...siblings];
}

/** Whether the newer tree begins with all of the older one (RFC 9162 §2.1.4.2). */
export function verifyConsistency(older: TreeRoot, newer: TreeRoot, proof: readonly MerkleHash[]): boolean {
  if (older.size > newer.size || !proof.every((one) => MERKLE_HASH.test(one))) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root === newer.root;
  if (older.size === 0) return proof.length === 0 && older.root === EMPTY_ROOT;
  const { end, siblings } = descent(older.size, newer.size);
  const nodes = end.from === 0 ? [older.root, ...proof] : proof;
  const [first] = nodes;
  if (first === undefined || nodes.length !== siblings.length + 1) return false;
  let oldTop = first;
  let newTop = first;
  for (const [step, { from }] of siblings.entries()) {
    const sibling = nodes[step + 1] ?? '';
    newTop = from >= older.size ? nodeHash(newTop, sibling) : nodeHash(sibling, newTop);
    if (from < older.size) oldTop = nodeHash(sibling, oldTop);
  }
  return oldTop === older.root && newTop === newer.root;
}
