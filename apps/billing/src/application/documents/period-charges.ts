import { Injectable } from '@nestjs/common';
import type { ChargePosted, PeriodClosed } from '@solyx/contracts/billing';
import { Streams } from '@solyx/eventing';
import { SolyxError, type Recorded } from '@solyx/kernel';
import { periodNamed } from '../../domain/billing-period';
import { invoiceDecider, invoiceIdOf, type Invoice } from '../../domain/invoicing/invoice';
import { AccountCharges, accountStreamOf } from '../invoicing/account-charges';
import { AccountProfiles } from '../invoicing/account-profiles';

/** Lines of charges in one export; a longer period is asked for in parts of the organization. */
export const EXPORT_LINES_MAX = 500_000;

export interface PeriodAsked {
  readonly organizationId: string;
  readonly period: string;
  readonly simulated: boolean;
}

export interface ChargedPeriod {
  readonly invoice: Invoice;
  /** ISO 8601 UTC, half open. */
  readonly from: string;
  readonly to: string;
  readonly charges: readonly ChargePosted['data'][];
  /** Nothing will be added any more. */
  readonly closed: boolean;
}

/** All that was charged in a period, oldest first, whether its invoice was issued or not. */
@Injectable()
export class PeriodCharges {
  constructor(
    private readonly streams: Streams,
    private readonly charges: AccountCharges,
    private readonly profiles: AccountProfiles,
  ) {}

  async of({ organizationId, period, simulated }: PeriodAsked): Promise<ChargedPeriod> {
    const { state: invoice } = await this.streams.load(invoiceDecider, invoiceIdOf(organizationId, period, simulated));
    const { draft } = invoice;
    const bounds = draft ? await this.boundsOf(organizationId, BigInt(draft.sourceRevision)) : {};
    const charges = await this.read(organizationId, period, bounds);
    if (draft) return { invoice, from: draft.from, to: draft.to, charges, closed: true };
    const { timeZone } = await this.profiles.of(organizationId);
    const { from, to } = periodNamed(period, timeZone);
    return { invoice, from, to, charges, closed: false };
  }

  /** What the event that closed the period counted: so no more of the stream is read than holds the period. */
  private async boundsOf(organizationId: string, revision: bigint) {
    const reading = this.streams.log.readStream(accountStreamOf(organizationId), { from: revision, limit: 1 });
    for await (const event of reading) {
      if (event.type !== 'billing.account.period-closed') break;
      return { expected: (event as Recorded<PeriodClosed>).data.charges, until: revision };
    }
    throw new SolyxError('Internal', `no period of ${organizationId} was closed at revision ${revision}`);
  }

  private async read(
    organizationId: string,
    period: string,
    bounds: { readonly expected?: number; readonly until?: bigint },
  ): Promise<readonly ChargePosted['data'][]> {
    const newestFirst: ChargePosted['data'][] = [];
    let lines = 0;
    for await (const { data } of this.charges.ofPeriod(organizationId, period, bounds)) {
      lines += data.lines.length;
      if (lines > EXPORT_LINES_MAX) {
        const limit = { organizationId, period, limit: EXPORT_LINES_MAX };
        throw new SolyxError('ResourceExhausted', 'the period has more lines than one export holds', limit, {
          hint: 'Read the usage from the API page by page, or subscribe to charges by webhook.',
        });
      }
      newestFirst.push(data);
    }
    return newestFirst.reverse();
  }
}
