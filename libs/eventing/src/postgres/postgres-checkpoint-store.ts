import { SolyxError } from '@solyx/kernel';
import { CheckpointStore } from '../ports';
import type { Database } from './database';

/**
 * Without waiting for the disk, on which the log itself waits: a crash of PostgreSQL goes back a few steps, and what comes
 * after an older checkpoint comes once more. The order of commits stays.
 */
export class PostgresCheckpointStore extends CheckpointStore {
  constructor(private readonly database: Database) {
    super();
  }

  override async load(name: string): Promise<bigint | undefined> {
    const rows = await this.database.query<{ position: string }>('SELECT position FROM checkpoint WHERE name = $1', [
      name,
    ]);
    return rows[0] ? BigInt(rows[0].position) : undefined;
  }

  override async save(name: string, position: bigint, epoch: bigint): Promise<void> {
    const saved = await this.database.query(
      `WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))
       INSERT INTO checkpoint (name, position, epoch) SELECT $1, $2, $3 FROM unhurried
       ON CONFLICT (name) DO UPDATE
         SET position = greatest(checkpoint.position, excluded.position), epoch = excluded.epoch
         WHERE checkpoint.epoch <= excluded.epoch
       RETURNING position`,
      [name, position, epoch],
    );
    if (saved.length > 0) return;
    throw new SolyxError('FailedPrecondition', `checkpoint ${name} belongs to a later leader`, {
      name,
      epoch: String(epoch),
    });
  }
}
