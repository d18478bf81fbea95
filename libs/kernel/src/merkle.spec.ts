import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  appendLeaf,
  consistencyPath,
  EMPTY_FRONTIER,
  EMPTY_ROOT,
  hashOfRange,
  inclusionPath,
  leafHash,
  nodeHash,
  rangesBeside,
  rootBeside,
  rootOf,
  subtreesOf,
  verifyConsistency,
  verifyInclusion,
  type LeafRange,
  type Subtree,
} from './merkle';

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 9162 §2.1.1, word for word and slow: the oracle. */
function mth(leaves: readonly string[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), Buffer.from(leaves[0] ?? ''));
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

const root = (leaves: readonly string[]): string => mth(leaves).toString('hex');
const texts = (size: number): readonly string[] => Array.from({ length: size }, (_, index) => `event ${index}`);
const treeOf = (size: number) => ({ size, root: root(texts(size)) });
const hashAt = (range: LeafRange): string => root(texts(range.to).slice(range.from));
const subtreeAt = ({ level, index }: Subtree): string =>
  hashAt({ from: index * 2 ** level, to: (index + 1) * 2 ** level });
const flipped = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;

const SIZES = fc.integer({ min: 1, max: 70 });

describe('A tree of RFC 9162', () => {
  it('has the hashes that Certificate Transparency has for its test vectors', () => {
    // Inputs and roots of the reference implementation (certificate-transparency, merkle_tree_test).
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const roots = [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ];
    let frontier = EMPTY_FRONTIER;
    for (const [index, input] of inputs.entries()) {
      frontier = appendLeaf(frontier, leafHash(Buffer.from(input, 'hex')));
      expect(rootOf(frontier)).toBe(roots[index]);
    }
    expect(rootOf(EMPTY_FRONTIER)).toBe(EMPTY_ROOT);
    expect(EMPTY_ROOT).toBe(sha256().toString('hex'));
  });

  it('grows leaf by leaf to the root of the definition, remembering one hash per bit of its size', () => {
    let frontier = EMPTY_FRONTIER;
    for (const text of texts(130)) {
      frontier = appendLeaf(frontier, leafHash(text));
      expect(rootOf(frontier)).toBe(root(texts(frontier.size)));
      expect(frontier.peaks.length).toBe(frontier.size.toString(2).replaceAll('0', '').length);
    }
  });

  it('tells of each subtree once, when it is complete', () => {
    const told = new Map<string, string>();
    let frontier = EMPTY_FRONTIER;
    for (const text of texts(33)) {
      frontier = appendLeaf(frontier, leafHash(text), (subtree, hash) => {
        expect(told.has(JSON.stringify(subtree))).toBe(false);
        expect(hash).toBe(subtreeAt(subtree));
        told.set(JSON.stringify(subtree), hash);
      });
    }
    expect(told.size).toBe(33 + 16 + 8 + 4 + 2 + 1);
  });

  it('tells a leaf from a node whose content looks the same', () => {
    const [left, right] = [leafHash('a'), leafHash('b')];
    expect(leafHash(Buffer.from(left + right, 'hex'))).not.toBe(nodeHash(left, right));
  });

  it('has the same hash for a range and for its complete subtrees', () => {
    fc.assert(
      fc.property(SIZES, (size) => {
        for (const range of [{ from: 0, to: size }, ...inclusionPath(size - 1, size)]) {
          expect(hashOfRange(range, subtreeAt)).toBe(hashAt(range));
          expect(subtreesOf(range).every(({ level, index }) => (index + 1) * 2 ** level <= size)).toBe(true);
        }
      }),
    );
    expect(hashOfRange({ from: 0, to: 0 }, subtreeAt)).toBe(EMPTY_ROOT);
  });
});

describe('An inclusion proof', () => {
  const cases = SIZES.chain((size) => fc.record({ size: fc.constant(size), index: fc.nat(size - 1) }));

  it('convinces of the leaf at its place, with as many hashes as the tree is high', () => {
    fc.assert(
      fc.property(cases, ({ size, index }) => {
        const proof = inclusionPath(index, size).map(hashAt);
        const leaf = { hash: leafHash(`event ${index}`), index };
        expect(verifyInclusion(leaf, proof, treeOf(size))).toBe(true);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
      }),
    );
  });

  it('convinces of nothing else: another leaf, place, size, root or hash', () => {
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(63), ({ size, index }, which, digit) => {
        const tree = treeOf(size);
        const proof = inclusionPath(index, size).map(hashAt);
        const leaf = { hash: leafHash(`event ${index}`), index };
        expect(verifyInclusion({ ...leaf, hash: flipped(leaf.hash, digit) }, proof, tree)).toBe(false);
        expect(verifyInclusion(leaf, proof, { ...tree, root: flipped(tree.root, digit) })).toBe(false);
        expect(verifyInclusion({ ...leaf, index: index + 1 }, proof, tree)).toBe(false);
        expect(verifyInclusion({ ...leaf, index: size }, proof, tree)).toBe(false);
        expect(verifyInclusion({ ...leaf, index: -1 }, proof, tree)).toBe(false);
        expect(verifyInclusion(leaf, [...proof, tree.root], tree)).toBe(false);
        if (proof.length === 0) return;
        const at = which % proof.length;
        const changed = proof.map((one, place) => (place === at ? flipped(one, digit) : one));
        expect(verifyInclusion(leaf, changed, tree)).toBe(false);
        expect(verifyInclusion(leaf, proof.slice(1), tree)).toBe(false);
        expect(verifyInclusion(leaf, ['no hash', ...proof.slice(1)], tree)).toBe(false);
      }),
    );
  });

  it('of many leaves at once needs no node twice, and of one leaf is its path', () => {
    const chosen = SIZES.chain((size) =>
      fc.record({ size: fc.constant(size), leaves: fc.uniqueArray(fc.nat(size - 1), { minLength: 1, maxLength: 12 }) }),
    );
    fc.assert(
      fc.property(chosen, ({ size, leaves }) => {
        const sorted = [...leaves].sort((a, b) => a - b);
        const beside = rangesBeside(sorted, size);
        const all = [...beside, ...sorted.map((leaf) => ({ from: leaf, to: leaf + 1 }))].sort(
          (a, b) => a.from - b.from,
        );
        // Beside the leaves, the ranges cover the tree without gap or overlap.
        expect(all.map(({ from }) => from)).toEqual([0, ...all.slice(0, -1).map(({ to }) => to)]);
        expect(all[all.length - 1]?.to).toBe(size);
        const own = sorted.map((index) => ({ index, hash: leafHash(`event ${index}`) }));
        expect(rootBeside(own, beside.map(hashAt), size)).toBe(treeOf(size).root);
        const [first = 0] = sorted;
        const path = [...inclusionPath(first, size)].sort((a, b) => a.from - b.from);
        expect(rangesBeside([first], size)).toEqual(path);
      }),
    );
    expect(rangesBeside([], 0)).toEqual([]);
    expect(rootBeside([], [], 0)).toBe(EMPTY_ROOT);
  });
});

describe('A consistency proof', () => {
  const cases = fc
    .integer({ min: 0, max: 70 })
    .chain((newer) => fc.record({ newer: fc.constant(newer), older: fc.integer({ min: 0, max: newer }) }));

  it('convinces that nothing was changed or taken out', () => {
    fc.assert(
      fc.property(cases, ({ older, newer }) => {
        const proof = consistencyPath(older, newer).map(hashAt);
        expect(verifyConsistency(treeOf(older), treeOf(newer), proof)).toBe(true);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(newer + 1)) + 1);
      }),
    );
  });

  it('does not convince where the beginning was another, or the proof is another', () => {
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(63), ({ older, newer }, which, digit) => {
        const proof = consistencyPath(older, newer).map(hashAt);
        const [from, to] = [treeOf(older), treeOf(newer)];
        expect(verifyConsistency({ ...from, root: flipped(from.root, digit) }, to, proof)).toBe(false);
        if (older > 0) expect(verifyConsistency(from, { ...to, root: flipped(to.root, digit) }, proof)).toBe(false);
        expect(verifyConsistency({ ...from, size: newer + 1 }, to, proof)).toBe(false);
        expect(verifyConsistency(from, to, [...proof, to.root])).toBe(false);
        if (proof.length === 0) return;
        const changed = proof.map((one, at) => (at === which % proof.length ? flipped(one, digit) : one));
        expect(verifyConsistency(from, to, changed)).toBe(false);
        expect(verifyConsistency(from, to, proof.slice(1))).toBe(false);
        expect(
          verifyConsistency(
            from,
            to,
            proof.map(() => 'no hash'),
          ),
        ).toBe(false);
      }),
    );
  });
});
