import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { SolyxError } from '@solyx/kernel';
import type { Payment, PaymentStatus, PayoutRail, Submission } from '../../application/payouts/payout-rail';
import { creditTransferXml, isIban, type BankAccount } from './credit-transfer';

/** `accounts.json` of the payment folder. Bank data is kept there alone, never in an event. */
interface Accounts {
  readonly debtor: BankAccount;
  /** By the reference that owners were given. */
  readonly creditors: Readonly<Record<string, BankAccount>>;
}

const BYTES_MAX = 16 * 1024 * 1024;
const ID = /^[A-Za-z0-9_]{1,35}$/;

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code);

/**
 * Payments as files for a bank: a folder to which files are only ever added, one per payout, named by its id. A file
 * appears whole and durable or not at all, and never twice, also where two processes write at once or one is killed: it is
 * written beside, flushed, and then linked to its name, which fails where the name is taken. The bank's answer is a file
 * `<payout id>.status` beside it: `paid`, `failed` or `returned` in the first line, the reason in the second.
 */
export class FilePayoutRail implements PayoutRail {
  readonly name = 'file';

  constructor(private readonly folder: string) {}

  async submit(payment: Payment): Promise<Submission> {
    const { payoutId, accountRef, netMicroUsd, createdAt } = payment;
    if (!ID.test(payoutId)) return { taken: false, reason: 'the id does not fit into a payment message' };
    const reference = `${payoutId}.xml`;
    // What was written stays written, whatever became of the account meanwhile.
    if ((await this.read(reference)) !== undefined) return { taken: true, reference };
    const { debtor, creditors } = await this.accounts();
    const creditor = Object.hasOwn(creditors, accountRef) ? creditors[accountRef] : undefined;
    if (!creditor) return { taken: false, reason: `there is no account "${accountRef}" in accounts.json` };
    if (!isIban(creditor.iban)) return { taken: false, reason: `the IBAN of account "${accountRef}" is not valid` };
    const transfer = { id: payoutId, createdAt, amountMicroUsd: netMicroUsd, debtor, creditor };
    await this.writeOnce(reference, creditTransferXml(transfer));
    return { taken: true, reference };
  }

  async statusOf({ payoutId }: Payment): Promise<PaymentStatus> {
    const text = ID.test(payoutId) ? await this.read(`${payoutId}.status`) : undefined;
    const [status = '', reason = ''] = (text ?? '').split('\n').map((line) => line.trim());
    if (status === 'paid') return { status };
    if (status === 'failed' || status === 'returned') {
      return { status, reason: reason === '' ? 'the bank gave no reason' : reason };
    }
    return { status: 'pending' };
  }

  private async accounts(): Promise<Accounts> {
    const text = await this.read('accounts.json');
    try {
      const { debtor, creditors } = JSON.parse(text ?? '') as Accounts;
      if (!isIban(debtor.iban)) throw new Error('the IBAN of the debtor is not valid');
      return { debtor, creditors };
    } catch (cause) {
      const why = SolyxError.from(cause).message;
      const hint = 'Write accounts.json into the folder that SOLYX_BILLING_PAYOUT_FOLDER names; the payout waits.';
      throw new SolyxError('Unavailable', `accounts.json of the payment folder: ${why}`, {}, { hint, cause });
    }
  }

  private async read(name: string): Promise<string | undefined> {
    try {
      const text = await readFile(path.join(this.folder, name), 'utf8');
      if (text.length > BYTES_MAX) throw new SolyxError('ResourceExhausted', `${name} is too large`);
      return text;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  private async writeOnce(name: string, text: string): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const beside = path.join(this.folder, `.${name}.${randomUUID()}`);
    try {
      const handle = await open(beside, 'wx', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await link(beside, path.join(this.folder, name)).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      });
      await this.syncFolder();
    } finally {
      await rm(beside, { force: true });
    }
  }

  /** So that the name itself outlives a loss of power. */
  private async syncFolder(): Promise<void> {
    const handle = await open(this.folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
