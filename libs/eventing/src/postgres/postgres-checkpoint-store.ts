import { SolyxError } from '@solyx/kernel';
import { CheckpointStore } from '../ports';
import type { Database } from './database';

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
      `INSERT INTO checkpoint (name, position, epoch) VALUES ($1, $2, $3)
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
