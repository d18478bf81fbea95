/**
 * An immutable map from text whose every version stays valid and whose `set` copies a few small arrays instead of all
 * entries: a hash trie with 32 branches a level (P. Bagwell, "Ideal Hash Trees", 2001; without the bitmaps). Accounts
 * and budgets remember each allocation for ever, so that a late duplicate finds it; copying a plain Map for each event
 * would make a long history cost its square.
 */
type Leaf<V> = readonly { readonly key: string; readonly value: V }[];
interface Branch<V> {
  readonly children: readonly (Node<V> | undefined)[];
}
type Node<V> = Leaf<V> | Branch<V>;

const BITS = 5;
const WIDTH = 1 << BITS;
/** Below this depth the 32 bits of the hash are used up, and a leaf may hold several keys. */
const DEPTH_MAX = 6;
const LEAF_MAX = 8;

const isLeaf = <V>(node: Node<V>): node is Leaf<V> => Array.isArray(node);

/** FNV-1a, 32 bits. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

const slotOf = (hash: number, depth: number): number => (hash >>> (depth * BITS)) & (WIDTH - 1);

function insert<V>(node: Node<V> | undefined, key: string, value: V, depth: number): Node<V> {
  if (node === undefined) return [{ key, value }];
  if (!isLeaf(node)) {
    const children = [...node.children];
    const slot = slotOf(hashOf(key), depth);
    children[slot] = insert(children[slot], key, value, depth + 1);
    return { children };
  }
  const others = node.filter((entry) => entry.key !== key);
  const leaf = [...others, { key, value }];
  if (leaf.length <= LEAF_MAX || depth > DEPTH_MAX) return leaf;
  const empty: Node<V> = { children: new Array<Node<V> | undefined>(WIDTH).fill(undefined) };
  return leaf.reduce<Node<V>>((branch, entry) => insert(branch, entry.key, entry.value, depth), empty);
}

export class PersistentMap<V> {
  private constructor(
    private readonly root: Node<V> | undefined,
    readonly size: number,
  ) {}

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(undefined, 0);
  }

  static from<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    let map = PersistentMap.empty<V>();
    for (const [key, value] of entries) map = map.set(key, value);
    return map;
  }

  get(key: string): V | undefined {
    const hash = hashOf(key);
    let node = this.root;
    for (let depth = 0; node !== undefined; depth += 1) {
      if (isLeaf(node)) return node.find((entry) => entry.key === key)?.value;
      node = node.children[slotOf(hash, depth)];
    }
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** A new map; this one stays as it is. */
  set(key: string, value: V): PersistentMap<V> {
    const size = this.has(key) ? this.size : this.size + 1;
    return new PersistentMap(insert(this.root, key, value, 0), size);
  }

  /** In an order that depends on the keys alone, or nearly so: sort where it matters. */
  *entries(): Generator<readonly [string, V]> {
    const open: Node<V>[] = this.root === undefined ? [] : [this.root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (isLeaf(node)) for (const { key, value } of node) yield [key, value];
      else open.push(...node.children.filter((child) => child !== undefined));
    }
  }
}
