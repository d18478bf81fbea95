/** One entry; entries whose hashes are equal form a chain. */
interface Leaf<V> {
  readonly hash: number;
  readonly key: string;
  readonly value: V;
  readonly next: Leaf<V> | undefined;
}
type Branch<V> = readonly (Branch<V> | Leaf<V> | undefined)[];
type Slot<V> = Branch<V> | Leaf<V> | undefined;

const BITS = 4;
const WIDTH = 1 << BITS;
const DEEPEST = 32;

/** FNV-1a, 32 bits. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

const isBranch = <V>(slot: Slot<V>): slot is Branch<V> => Array.isArray(slot);
const placeOf = (hash: number, shift: number): number => (hash >>> shift) & (WIDTH - 1);

function branchWith<V>(branch: Branch<V>, place: number, slot: Slot<V>): Branch<V> {
  const copy = branch.slice();
  copy[place] = slot;
  return copy;
}

function unchain<V>(leaf: Leaf<V> | undefined, key: string): Leaf<V> | undefined {
  if (!leaf) return undefined;
  return leaf.key === key ? leaf.next : { ...leaf, next: unchain(leaf.next, key) };
}

function put<V>(slot: Slot<V>, leaf: Leaf<V>, shift: number): Slot<V> {
  if (slot === undefined) return leaf;
  if (isBranch(slot)) {
    const place = placeOf(leaf.hash, shift);
    return branchWith(slot, place, put(slot[place], leaf, shift + BITS));
  }
  if (slot.hash === leaf.hash || shift >= DEEPEST) return { ...leaf, next: unchain(slot, leaf.key) };
  const split = branchWith<V>(new Array<Slot<V>>(WIDTH).fill(undefined), placeOf(slot.hash, shift), slot);
  return put<V>(split, leaf, shift);
}

function drop<V>(slot: Slot<V>, key: string, hash: number, shift: number): Slot<V> {
  if (slot === undefined) return undefined;
  if (!isBranch(slot)) return unchain(slot, key);
  const place = placeOf(hash, shift);
  const copy = branchWith(slot, place, drop(slot[place], key, hash, shift + BITS));
  return copy.every((one) => one === undefined) ? undefined : copy;
}

function* walk<V>(slot: Slot<V>): Generator<[string, V]> {
  if (slot === undefined) return;
  if (isBranch(slot)) {
    for (const one of slot) yield* walk(one);
    return;
  }
  for (let leaf: Leaf<V> | undefined = slot; leaf; leaf = leaf.next) yield [leaf.key, leaf.value];
}

/**
 * A map that is never changed: `set` and `delete` answer a new one that shares all but the path to the change, so that
 * the fold of a long journal costs little per event. Hash array mapped trie (Bagwell 2001). Its order is that of the
 * hashes: whoever needs an order sorts.
 */
export class PersistentMap<V> {
  private constructor(
    private readonly root: Slot<V>,
    readonly size: number,
  ) {}

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(undefined, 0);
  }

  static of<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
    let map = PersistentMap.empty<V>();
    for (const [key, value] of entries) map = map.set(key, value);
    return map;
  }

  get(key: string): V | undefined {
    const hash = hashOf(key);
    let slot = this.root;
    for (let shift = 0; isBranch(slot); shift += BITS) slot = slot[placeOf(hash, shift)];
    for (let leaf = slot; leaf; leaf = leaf.next) if (leaf.key === key) return leaf.value;
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): PersistentMap<V> {
    const leaf = { hash: hashOf(key), key, value, next: undefined };
    return new PersistentMap(put(this.root, leaf, 0), this.has(key) ? this.size : this.size + 1);
  }

  delete(key: string): PersistentMap<V> {
    if (!this.has(key)) return this;
    return new PersistentMap(drop(this.root, key, hashOf(key), 0), this.size - 1);
  }

  entries(): Iterable<[string, V]> {
    return walk(this.root);
  }

  *values(): Generator<V> {
    for (const [, value] of walk(this.root)) yield value;
  }

  *keys(): Generator<string> {
    for (const [key] of walk(this.root)) yield key;
  }
}
