import { Injectable } from '@nestjs/common';
import { PROOF_EVENTS_MAX } from '@solyx/contracts';
import {
  ChargePosted,
  type InvoiceDrafted,
  type InvoiceFinalised,
  type PeriodClosed,
  type UsageOpened,
} from '@solyx/contracts/billing';
import { EventLog } from '@solyx/eventing';
import { SolyxError, upcast, type Recorded } from '@solyx/kernel';
import { invoiceDecider } from '../../domain/invoicing/invoice';
import { lineKeysOf } from '../../domain/proof/invoice-proof';
import { leafOf, type LeafText } from '../../domain/proof/log-leaf';

export interface DocumentEvents {
  readonly listed: readonly Recorded[];
  readonly drafted: Recorded<InvoiceDrafted>;
  readonly finalised: Recorded<InvoiceFinalised>;
}

/** A charge without what only its text needs to hold: a large account has tens of thousands. */
export interface FoundCharge extends LeafText {
  /** Lines of the invoice that it goes on. */
  readonly lineKeys: readonly string[];
  readonly meter?: ChargePosted['data']['meter'];
}

export interface AccountEvents {
  /** In the order of the stream. */
  readonly charges: readonly FoundCharge[];
  readonly closed: LeafText;
  readonly opened: readonly LeafText[];
}

const CHARGE = 'billing.account.charge-posted';
const OPENED = 'billing.account.usage-opened';

const refuse = (
  code: 'NotFound' | 'FailedPrecondition' | 'ResourceExhausted',
  reason: string,
  message: string,
  hint: string,
) => new SolyxError(code, message, {}, { reason, hint });

/** Finds the events that an invoice rests on, as they were stored: neither upcast nor completed. */
@Injectable()
export class InvoiceEvents {
  constructor(private readonly log: EventLog) {}

  async ofDocument(invoiceId: string): Promise<DocumentEvents> {
    const listed: Recorded[] = [];
    let drafted: Recorded | undefined;
    let finalised: Recorded | undefined;
    for await (const event of this.log.readStream(`${invoiceDecider.name}-${invoiceId}`, { raw: true })) {
      if (event.type === 'billing.invoice.lines-listed') listed.push(event);
      else if (event.type === 'billing.invoice.drafted') drafted = event;
      else if (event.type === 'billing.invoice.finalised') finalised = event;
    }
    if (!drafted) {
      throw refuse(
        'NotFound',
        'InvoiceUnknown',
        `there is no invoice ${invoiceId}`,
        'List them with `solyx invoice list`.',
      );
    }
    if (!finalised) {
      const hint = 'Wait until it has its number; drafts are not proved.';
      throw refuse('FailedPrecondition', 'InvoiceNotIssued', `${invoiceId} is not issued yet`, hint);
    }
    return {
      listed,
      drafted: drafted as unknown as Recorded<InvoiceDrafted>,
      finalised: finalised as unknown as Recorded<InvoiceFinalised>,
    };
  }

  /**
   * Charges of the period, the event that closed it, and the openings of the allocations that were charged. Read backwards
   * from the close, no further than needed.
   */
  async ofAccount(drafted: InvoiceDrafted['data']): Promise<AccountEvents> {
    const { sourceStream, sourceRevision } = drafted;
    const from = BigInt(sourceRevision);
    const found = new Backwards(drafted);
    for await (const stored of this.log.readStream(sourceStream, { direction: 'backwards', from, raw: true })) {
      found.take(stored);
      if (found.isComplete()) break;
    }
    return found.result();
  }

  /** The events of meters that charges rest on: one read for each stream. */
  async ofMeters(charges: readonly FoundCharge[]): Promise<readonly LeafText[]> {
    const wanted = new Map<string, Set<number>>();
    for (const { meter } of charges) {
      if (!meter) continue;
      const { stream, revision } = meter;
      wanted.set(stream, (wanted.get(stream) ?? new Set()).add(revision));
    }
    const events: LeafText[] = [];
    for (const [stream, revisions] of wanted) {
      const sorted = [...revisions].sort((a, b) => a - b);
      const [first = 0, last = 0] = [sorted[0], sorted[sorted.length - 1]];
      const limit = last - first + 1;
      for await (const stored of this.log.readStream(stream, { from: BigInt(first), limit, raw: true })) {
        if (revisions.has(Number(stored.revision))) events.push(leafOf(stored));
      }
    }
    return events;
  }
}

/** What a read of an account, from the close of a period backwards, has found so far. */
class Backwards {
  private readonly charges: FoundCharge[] = [];
  private readonly opened: LeafText[] = [];
  private readonly awaited = new Set<string>();
  private closed: { readonly leaf: LeafText; readonly charges: number } | undefined;

  constructor(private readonly drafted: InvoiceDrafted['data']) {}

  take(stored: Recorded): void {
    if (stored.id === this.drafted.closedBy) {
      this.closed = { leaf: leafOf(stored), charges: (stored.data as PeriodClosed['data']).charges };
    } else if (stored.type === CHARGE) this.charge(stored);
    else if (stored.type === OPENED) this.open(stored);
  }

  private charge(stored: Recorded): void {
    // It was validated when it was recorded.
    const { version } = stored.metadata;
    const data = upcast(
      ChargePosted,
      version,
      stored.data as Record<string, unknown>,
    ) as unknown as ChargePosted['data'];
    const { period, simulated } = this.drafted;
    if (data.period !== period) return;
    if (this.charges.length >= PROOF_EVENTS_MAX) {
      const hint = 'Ask the operator for a copy of the log: it can be verified as a whole.';
      throw refuse('ResourceExhausted', 'LimitExceeded', `the period has more than ${PROOF_EVENTS_MAX} charges`, hint);
    }
    const { meter, allocationId } = data;
    this.charges.push({ ...leafOf(stored), lineKeys: lineKeysOf(data, simulated), ...(meter ? { meter } : {}) });
    if (allocationId !== undefined) this.awaited.add(allocationId);
  }

  private open(stored: Recorded): void {
    const { allocationId } = (stored.data as UsageOpened['data']).allocation;
    if (this.awaited.delete(allocationId)) this.opened.push(leafOf(stored));
  }

  /** All charges that the close counted, and every opening of theirs. */
  isComplete(): boolean {
    return this.closed !== undefined && this.charges.length >= this.closed.charges && this.awaited.size === 0;
  }

  result(): AccountEvents {
    const { charges, opened } = this;
    if (this.closed && this.isComplete()) {
      return { charges: charges.reverse(), closed: this.closed.leaf, opened: opened.reverse() };
    }
    const { period } = this.drafted;
    throw new SolyxError('Internal', `the log lacks charges of ${period} that its close counted`, {
      found: charges.length,
      withoutOpening: this.awaited.size,
    });
  }
}
