import { Injectable } from '@nestjs/common';
import { Streams, type CommandContext } from '@solyx/eventing';
import { deriveId, SolyxError } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import type { MeterUsage } from '../domain/account-slices';
import { MeteringSettings } from './metering-settings';
import { transactWhenReady } from './transact-when-ready';
import { UsagePrices } from './usage-prices';

/** Five years of slices of an hour, and more than any allocation is held. */
const ROUNDS_MAX = 1_000;

export type MeterReading = Pick<MeterUsage, 'allocationId' | 'until' | 'release' | 'forClose'> & {
  readonly organizationId: string;
};

/** Reads the meter of one allocation up to an instant: slice by slice, each charged once. */
@Injectable()
export class MeterReader {
  constructor(
    private readonly streams: Streams,
    private readonly prices: UsagePrices,
    private readonly settings: MeteringSettings,
  ) {}

  /** Throws Unavailable where a price or the grant is still to come. */
  async read({ organizationId, ...reading }: MeterReading, context: CommandContext): Promise<void> {
    const { state } = await this.streams.load(accountDecider, organizationId);
    let known = state.usages.get(reading.allocationId);
    const shares = known?.phase === 'Open' ? known.usage.allocation.shares : [];
    const owners = shares.filter(({ source }) => source === 'shared').map(({ provider }) => provider);
    const data = { ...reading, sliceMs: this.settings.sliceMs, prices: await this.prices.of(organizationId, owners) };
    for (let round = 1; known?.phase !== 'Charged'; round += 1) {
      const before = known?.meteredTo ?? '';
      // Each round is a command of its own, named by where it begins, so that a repeat of it is the same.
      const commandId = deriveId(context.commandId, before);
      const outcome = await transactWhenReady(this.streams, {
        decider: accountDecider,
        id: organizationId,
        command: { type: 'MeterUsage', data },
        context: { ...context, commandId },
      });
      known = outcome.state.usages.get(reading.allocationId);
      if (known?.phase === 'Open' && (known.meteredTo <= before || known.meteredTo >= reading.until)) return;
      if (round >= ROUNDS_MAX) throw new SolyxError('ResourceExhausted', 'too many slices', { rounds: round });
    }
  }
}
