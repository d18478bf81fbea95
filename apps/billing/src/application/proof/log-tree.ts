import { Injectable } from '@nestjs/common';
import { EventLog } from '@solyx/eventing';
import {
  hashOfRange,
  SolyxError,
  subtreesOf,
  type LeafRange,
  type MerkleHash,
  type Recorded,
  type Subtree,
} from '@solyx/kernel';
import { leafHashOf } from '../../domain/proof/log-leaf';
import { growTiles, hashInTile, tileKey, tileOf, type TilePlace } from '../../domain/proof/tiles';
import { MerkleStore, type LogTreeState } from './merkle-store';

/** Events that one transaction adds at most. */
export const LEAVES_PER_APPEND_MAX = 4_096;
/** Appends in one turn: what is left comes with the next one. */
export const APPENDS_PER_TURN_MAX = 64;
/** Tiles in memory at once: 256 of them are 2 MiB of hashes. */
const TILES_AT_ONCE = 256;
const POSITIONS_AT_ONCE = 4_096;

const subtreeKey = ({ level, index }: Subtree): string => `${level}:${index}`;

/** The Merkle tree over everything that Solyx recorded, in the order of the log. It goes on where it stopped. */
@Injectable()
export class LogTree {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly log: EventLog,
    private readonly store: MerkleStore,
  ) {}

  /** Takes in what the log has more, a bounded number of events; one call after another. */
  grow(): Promise<LogTreeState> {
    const mine = this.turn.then(() => this.growInTurn());
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  state(): Promise<LogTreeState> {
    return this.store.state();
  }

  private async growInTurn(): Promise<LogTreeState> {
    let state = await this.store.state();
    for (let append = 0; append < APPENDS_PER_TURN_MAX; append += 1) {
      const events = await this.eventsAfter(state.position);
      if (events.length > 0) state = await this.add(state, events);
      if (events.length < LEAVES_PER_APPEND_MAX) break;
    }
    return state;
  }

  private async eventsAfter(position: bigint): Promise<readonly Recorded[]> {
    const events: Recorded[] = [];
    const after = position < 0n ? {} : { after: position };
    for await (const event of this.log.readAll({ ...after, raw: true, limit: LEAVES_PER_APPEND_MAX })) {
      events.push(event);
    }
    return events;
  }

  private async add(state: LogTreeState, events: readonly Recorded[]): Promise<LogTreeState> {
    const before = state.frontier;
    const { frontier, tiles } = growTiles(before, events.map(leafHashOf));
    const positions = events.map(({ position }) => position);
    const grown = { frontier, position: positions[positions.length - 1] ?? state.position };
    await this.store.append({ ...grown, before, tiles, positions });
    return grown;
  }

  /** Which leaf each event is; throws Unavailable where the tree has not come so far. */
  async leavesAt(positions: readonly bigint[]): Promise<readonly number[]> {
    const leaves: number[] = [];
    for (let at = 0; at < positions.length; at += POSITIONS_AT_ONCE) {
      const asked = positions.slice(at, at + POSITIONS_AT_ONCE);
      for (const [place, leaf] of (await this.store.leavesAt(asked)).entries()) {
        if (leaf === undefined) throw notInTree(asked[place] ?? -1n);
        leaves.push(leaf);
      }
    }
    return leaves;
  }

  /** The hashes of ranges of leaves, each of which begins where a tree may be split. */
  async hashesOf(ranges: readonly LeafRange[]): Promise<readonly MerkleHash[]> {
    const subtrees = ranges.flatMap(subtreesOf);
    const places = new Map<string, TilePlace>(subtrees.map(tileOf).map((place) => [tileKey(place), place]));
    const byTile = groupByTile(subtrees);
    const hashes = new Map<string, MerkleHash>();
    const wanted = [...places.values()];
    for (let at = 0; at < wanted.length; at += TILES_AT_ONCE) {
      const tiles = await this.store.tiles(wanted.slice(at, at + TILES_AT_ONCE));
      for (const [key, tile] of tiles) readInto(hashes, byTile.get(key) ?? [], tile);
    }
    return ranges.map((range) =>
      hashOfRange(range, (subtree) => {
        const hash = hashes.get(subtreeKey(subtree));
        if (hash === undefined) throw notKept(subtree);
        return hash;
      }),
    );
  }
}

function readInto(hashes: Map<string, MerkleHash>, subtrees: readonly Subtree[], tile: readonly MerkleHash[]): void {
  for (const subtree of subtrees) {
    const hash = hashInTile(subtree, tile);
    if (hash !== undefined) hashes.set(subtreeKey(subtree), hash);
  }
}

function groupByTile(subtrees: readonly Subtree[]): ReadonlyMap<string, readonly Subtree[]> {
  const groups = new Map<string, Subtree[]>();
  for (const subtree of subtrees) {
    const key = tileKey(tileOf(subtree));
    const group = groups.get(key);
    if (group) group.push(subtree);
    else groups.set(key, [subtree]);
  }
  return groups;
}

const notInTree = (position: bigint): SolyxError =>
  new SolyxError('Unavailable', `the tree has no event at position ${position} yet`, { position: String(position) });

const notKept = ({ level, index }: Subtree): SolyxError =>
  new SolyxError(
    'Internal',
    `the tree lacks the subtree ${level}/${index}`,
    { level, index },
    {
      hint: 'Rows of merkle_tile were deleted: delete the others too, and merkle_log, and the tree is built anew from the log.',
    },
  );
