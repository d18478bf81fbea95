import type { Database } from '@solyx/eventing';
import { EMPTY_FRONTIER, SolyxError, type MerkleHash } from '@solyx/kernel';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { MerkleStore, type LogTreeGrowth, type LogTreeState } from '../../application/proof/merkle-store';
import { TILE_WIDTH, tileKey, type TilePlace } from '../../domain/proof/tiles';

const HASH_BYTES = 32;

/** The tree's head of growth, and its tiles. Positions are those of the leaves of a tile of level 0. */
export class MerkleTables1763700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE merkle_log (
        log text PRIMARY KEY,
        size bigint NOT NULL,
        position bigint NOT NULL,
        peaks bytea NOT NULL
      );
      CREATE TABLE merkle_tile (
        log text NOT NULL,
        level smallint NOT NULL,
        index bigint NOT NULL,
        hashes bytea NOT NULL,
        first_position bigint,
        positions bigint[],
        PRIMARY KEY (log, level, index)
      );
      CREATE UNIQUE INDEX merkle_tile_position ON merkle_tile (log, first_position) WHERE level = 0;
      ALTER TABLE merkle_tile ALTER hashes SET STORAGE EXTERNAL;`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE merkle_tile, merkle_log');
  }
}

const bytesOf = (hashes: readonly MerkleHash[]): Buffer => Buffer.from(hashes.join(''), 'hex');

function hashesOf(bytes: Buffer): readonly MerkleHash[] {
  const hashes: MerkleHash[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hashes.push(bytes.toString('hex', at, at + HASH_BYTES));
  return hashes;
}

/** In the service's schema. The row of the log is locked while it grows, so that two processes never add the same leaf. */
export class PostgresMerkleStore extends MerkleStore {
  constructor(
    private readonly database: Database,
    private readonly log: string,
  ) {
    super();
    database.addMigrations(MerkleTables1763700000000);
  }

  override async state(): Promise<LogTreeState> {
    const [row] = await this.database.query<{ size: string; position: string; peaks: Buffer }>(
      'SELECT size, position, peaks FROM merkle_log WHERE log = $1',
      [this.log],
    );
    if (!row) return { frontier: EMPTY_FRONTIER, position: -1n };
    return { frontier: { size: Number(row.size), peaks: hashesOf(row.peaks) }, position: BigInt(row.position) };
  }

  override async append({ before, frontier, position, tiles, positions }: LogTreeGrowth): Promise<void> {
    const places = tiles.map(({ level, index, offset }) =>
      level === 0 ? positions.slice(...this.shareOf(index * TILE_WIDTH + offset - before.size, offset)) : [],
    );
    await this.database.transaction(async (connection) => {
      const moved = await connection.query(
        before.size === 0
          ? `INSERT INTO merkle_log (log, size, position, peaks) VALUES ($1, $3, $4, $5)
             ON CONFLICT DO NOTHING RETURNING $2::bigint`
          : `UPDATE merkle_log SET size = $3, position = $4, peaks = $5 WHERE log = $1 AND size = $2 RETURNING size`,
        [this.log, before.size, frontier.size, position.toString(), bytesOf(frontier.peaks)],
      );
      if (moved.length === 0) {
        throw new SolyxError('Conflict', 'the tree has grown meanwhile', { size: before.size });
      }
      for (const [at, { level, index, hashes }] of tiles.entries()) {
        const own = places[at]?.map(String) ?? [];
        await connection.query(
          {
            name: 'merkle tile',
            text: `INSERT INTO merkle_tile (log, level, index, hashes, first_position, positions)
              VALUES ($1, $2, $3, $4, $5, $6)
              ON CONFLICT (log, level, index) DO UPDATE
                SET hashes = merkle_tile.hashes || excluded.hashes, positions = merkle_tile.positions || excluded.positions`,
          },
          [this.log, level, index, bytesOf(hashes), own[0] ?? null, level === 0 ? own : null],
        );
      }
    });
  }

  /** Which of the new positions belong to a tile: from the first one that it takes, at most as many as it has room for. */
  private shareOf(from: number, offset: number): [number, number] {
    return [from, from + TILE_WIDTH - offset];
  }

  override async tiles(places: readonly TilePlace[]): Promise<ReadonlyMap<string, readonly MerkleHash[]>> {
    const rows = await this.database.query<{ level: number; index: string; hashes: Buffer }>(
      `SELECT tile.level, tile.index, tile.hashes
       FROM unnest($2::smallint[], $3::bigint[]) AS wanted (level, index)
       JOIN merkle_tile tile ON tile.log = $1 AND tile.level = wanted.level AND tile.index = wanted.index`,
      [this.log, places.map(({ level }) => level), places.map(({ index }) => index)],
    );
    return new Map(
      rows.map(({ level, index, hashes }) => [tileKey({ level, index: Number(index) }), hashesOf(hashes)]),
    );
  }

  override async leavesAt(positions: readonly bigint[]): Promise<readonly (number | undefined)[]> {
    const rows = await this.database.query<{ position: string; index: string; place: number | null }>(
      `SELECT wanted.position, tile.index, array_position(tile.positions, wanted.position) AS place
       FROM unnest($2::bigint[]) AS wanted (position)
       CROSS JOIN LATERAL (
         SELECT index, positions FROM merkle_tile
         WHERE log = $1 AND level = 0 AND first_position <= wanted.position
         ORDER BY first_position DESC LIMIT 1
       ) tile`,
      [this.log, positions.map(String)],
    );
    const leaves = new Map(
      rows.flatMap(({ position, index, place }) =>
        place === null ? [] : [[position, Number(index) * TILE_WIDTH + place - 1] as const],
      ),
    );
    return positions.map((position) => leaves.get(String(position)));
  }
}
