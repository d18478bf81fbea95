import { Injectable } from '@nestjs/common';
import type { ChargePosted, PeriodClosed } from '@solyx/contracts/billing';
import { Streams } from '@solyx/eventing';
import { SolyxError, type Recorded } from '@solyx/kernel';
import { LineSheet } from '../../domain/invoicing/invoice-lines';
import type { ChargeReference } from './invoice-credits';

export const accountStreamOf = (organizationId: string): string => `billing.account-${organizationId}`;

const isCharge = (event: Recorded): event is Recorded<ChargePosted> => event.type === 'billing.account.charge-posted';

/** What was charged in a closed period, added up, money and rehearsals apart. */
export interface ClosedPeriod {
  readonly money: LineSheet;
  readonly simulated: LineSheet;
  readonly references: readonly ChargeReference[];
}

/** Reads charges where they are recorded: on the stream of their account. */
@Injectable()
export class AccountCharges {
  constructor(private readonly streams: Streams) {}

  /**
   * Charges of a period, newest first, and no further back than the first of them: `expected` says how many there are.
   * Without it, the whole stream is read.
   */
  async *ofPeriod(
    organizationId: string,
    period: string,
    bounds: { readonly expected?: number; readonly until?: bigint } = {},
  ): AsyncGenerator<Recorded<ChargePosted>> {
    let left = bounds.expected ?? Number.POSITIVE_INFINITY;
    if (left === 0) return;
    const reading = this.streams.log.readStream(accountStreamOf(organizationId), { direction: 'backwards' });
    for await (const event of reading) {
      if (!isCharge(event) || event.data.period !== period) continue;
      if (bounds.until !== undefined && event.revision > bounds.until) continue;
      yield event;
      left -= 1;
      if (left === 0) return;
    }
  }

  /** Adds a closed period up. Throws Internal where that is not what the account had counted when it closed. */
  async closed(event: Recorded<PeriodClosed>): Promise<ClosedPeriod> {
    const { organizationId, period, charges, totalMicroUsd, simulatedMicroUsd } = event.data;
    const [money, simulated] = [new LineSheet(false), new LineSheet(true)];
    const references: ChargeReference[] = [];
    const bounds = { expected: charges, until: event.revision };
    for await (const { data, position, recordedAt } of this.ofPeriod(organizationId, period, bounds)) {
      money.add(data);
      simulated.add(data);
      references.push({ chargeId: data.chargeId, position, recordedAt });
    }
    const same =
      references.length === charges &&
      money.total === BigInt(totalMicroUsd) &&
      simulated.total === BigInt(simulatedMicroUsd);
    if (same) return { money, simulated, references };
    throw new SolyxError(
      'Internal',
      `the charges of ${organizationId} in ${period} are not what the account counted`,
      { organizationId, period, counted: charges, found: references.length, foundMicroUsd: money.total.toString() },
      { hint: 'Recount the account with `solyx reconcile`; no invoice is issued before.' },
    );
  }
}
