import { readFile } from 'node:fs/promises';
import { SolyxError } from '@solyx/kernel';
import { IdentityCheck, type IdentityAnswer, type IdentityQuestion } from '../../application/payouts/identity-check';

interface Checked {
  readonly organizationId: string;
  readonly documentRef: string;
  readonly verified: boolean;
  /** Of the check, where it succeeded; why, where it failed. */
  readonly note: string;
}

const ENTRIES_MAX = 100_000;

/**
 * Checks that people made, in a JSON file of `{organizationId, documentRef, verified, note}`. Whoever is not in it is
 * pending; without a file everybody is.
 */
export class FileIdentityCheck extends IdentityCheck {
  readonly name = 'file';

  constructor(private readonly path: string | undefined) {
    super();
  }

  async check({ providerId, documentRef }: IdentityQuestion): Promise<IdentityAnswer> {
    if (this.path === undefined) return { outcome: 'pending' };
    const found = (await this.entries(this.path)).find(
      (entry) => entry.organizationId === providerId && entry.documentRef === documentRef,
    );
    if (!found) return { outcome: 'pending' };
    const note = found.note === '' ? documentRef : found.note.slice(0, 256);
    return found.verified ? { outcome: 'verified', reference: note } : { outcome: 'rejected', reason: note };
  }

  private async entries(path: string): Promise<readonly Checked[]> {
    try {
      const entries = JSON.parse(await readFile(path, 'utf8')) as unknown;
      if (!Array.isArray(entries) || entries.length > ENTRIES_MAX) throw new Error('it must be a list');
      return entries as readonly Checked[];
    } catch (cause) {
      throw new SolyxError(
        'Unavailable',
        `the file of checked owners: ${SolyxError.from(cause).message}`,
        {},
        { cause },
      );
    }
  }
}
