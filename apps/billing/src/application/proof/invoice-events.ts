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

export interface DocumentEvents {
  readonly listed: readonly Recorded[];
  readonly drafted: Recorded<InvoiceDrafted>;
  readonly finalised: Recorded<InvoiceFinalised>;
}

/** An event as it is stored, and as this version of the code reads it. */
export interface StoredCharge {
  readonly stored: Recorded;
  readonly data: ChargePosted['data'];
}

export interface AccountEvents {
  /** In the order of the stream. */
  readonly charges: readonly StoredCharge[];
  readonly closed: Recorded;
  readonly opened: readonly Recorded[];
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
  async ofAccount({ sourceStream, sourceRevision, period, closedBy }: InvoiceDrafted['data']): Promise<AccountEvents> {
    const from = BigInt(sourceRevision);
    const found = new Backwards(period, closedBy);
    for await (const stored of this.log.readStream(sourceStream, { direction: 'backwards', from, raw: true })) {
      found.take(stored);
      if (found.isComplete()) break;
    }
    return found.result();
  }

  /** The events of meters that charges rest on: one read for each stream. */
  async ofMeters(charges: readonly StoredCharge[]): Promise<readonly Recorded[]> {
    const wanted = new Map<string, Set<number>>();
    for (const { data } of charges) {
      if (!data.meter) continue;
      const { stream, revision } = data.meter;
      wanted.set(stream, (wanted.get(stream) ?? new Set()).add(revision));
    }
    const events: Recorded[] = [];
    for (const [stream, revisions] of wanted) {
      const sorted = [...revisions].sort((a, b) => a - b);
      const [first = 0, last = 0] = [sorted[0], sorted[sorted.length - 1]];
      const limit = last - first + 1;
      for await (const stored of this.log.readStream(stream, { from: BigInt(first), limit, raw: true })) {
        if (revisions.has(Number(stored.revision))) events.push(stored);
      }
    }
    return events;
  }
}

/** What a read of an account, from the close of a period backwards, has found so far. */
class Backwards {
  private readonly charges: StoredCharge[] = [];
  private readonly opened = new Map<string, Recorded>();
  private readonly awaited = new Set<string>();
  private closed: Recorded<PeriodClosed> | undefined;

  constructor(
    private readonly period: string,
    private readonly closedBy: string,
  ) {}

  take(stored: Recorded): void {
    if (stored.id === this.closedBy) this.closed = stored as unknown as Recorded<PeriodClosed>;
    else if (stored.type === CHARGE) this.charge(stored);
    else if (stored.type === OPENED) this.open(stored);
  }

  private charge(stored: Recorded): void {
    // It was validated when it was recorded; a large account has tens of thousands.
    const { version } = stored.metadata;
    const data = upcast(
      ChargePosted,
      version,
      stored.data as Record<string, unknown>,
    ) as unknown as ChargePosted['data'];
    if (data.period !== this.period) return;
    if (this.charges.length >= PROOF_EVENTS_MAX) {
      const hint = 'Ask the operator for a copy of the log: it can be verified as a whole.';
      throw refuse('ResourceExhausted', 'LimitExceeded', `the period has more than ${PROOF_EVENTS_MAX} charges`, hint);
    }
    this.charges.push({ stored, data });
    if (data.allocationId !== undefined) this.awaited.add(data.allocationId);
  }

  private open(stored: Recorded): void {
    const { allocationId } = (stored.data as UsageOpened['data']).allocation;
    if (!this.awaited.delete(allocationId)) return;
    this.opened.set(allocationId, stored);
  }

  /** All charges that the close counted, and every opening of theirs. */
  isComplete(): boolean {
    return this.closed !== undefined && this.charges.length >= this.closed.data.charges && this.awaited.size === 0;
  }

  result(): AccountEvents {
    if (!this.closed || !this.isComplete()) {
      throw new SolyxError('Internal', `the log lacks charges of ${this.period} that its close counted`, {
        found: this.charges.length,
        withoutOpening: this.awaited.size,
      });
    }
    return { charges: this.charges.reverse(), closed: this.closed, opened: [...this.opened.values()].reverse() };
  }
}
