import { Injectable } from '@nestjs/common';
import type { InvoiceLinesListed } from '@solyx/contracts/billing';
import { canonicalJson, rangesBeside, SolyxError } from '@solyx/kernel';
import { givesRoot, invoiceProof } from '../../domain/proof/invoice-proof';
import { leafOf, type LeafText } from '../../domain/proof/log-leaf';
import { InvoiceEvents, type DocumentEvents } from './invoice-events';
import { LogTree } from './log-tree';
import { TreeHeads } from './tree-heads';

/** The proof of an invoice: all events behind it, and that the signed log holds each of them. */
@Injectable()
export class InvoiceProofs {
  constructor(
    private readonly events: InvoiceEvents,
    private readonly tree: LogTree,
    private readonly heads: TreeHeads,
  ) {}

  /**
   * Canonical JSON of an `InvoiceProof`; the same bytes whenever it is asked for. Throws NotFound, FailedPrecondition (not
   * issued yet, no signing key), ResourceExhausted (too many events). Whoever asks must be allowed to see the invoice.
   */
  async proofOf(invoiceId: string): Promise<string> {
    const document = await this.events.ofDocument(invoiceId);
    const account = await this.events.ofAccount(document.drafted.data);
    const meters = await this.events.ofMeters(account.charges);
    const { charges, closed, opened } = account;
    const all = [...opened, ...meters, ...charges, closed, ...eventsOf(document)];
    const sorted = all.sort((a, b) => (a.position < b.position ? -1 : 1));
    const head = await this.heads.covering(sorted[sorted.length - 1]?.position ?? -1n);
    const indexes = await this.tree.leavesAt(sorted.map(({ position }) => position));
    const events = sorted.map(({ hash, text }, at) => ({ index: indexes[at] ?? -1, hash, event: text }));
    const ranges = rangesBeside(indexes, head.size);
    const parts = {
      drafted: document.drafted.data,
      finalised: document.finalised.data,
      lines: document.listed.flatMap(({ data }) => (data as InvoiceLinesListed['data']).lines),
      ...{ charges, events, head, ranges, hashes: await this.tree.hashesOf(ranges) },
    };
    if (!givesRoot(parts)) throw treeDiffers(invoiceId);
    return canonicalJson(invoiceProof(parts));
  }
}

const eventsOf = ({ listed, drafted, finalised }: DocumentEvents): readonly LeafText[] =>
  [...listed, drafted, finalised].map((event) => leafOf(event));

const treeDiffers = (invoiceId: string): SolyxError =>
  new SolyxError(
    'Internal',
    `events of ${invoiceId} are not what the signed tree says of them`,
    { invoiceId },
    {
      reason: 'TreeForked',
      hint: 'Keep the log and the database as they are; see docs/runbooks/reconciliation-differs.md.',
    },
  );
