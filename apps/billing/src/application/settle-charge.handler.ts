import { Injectable } from '@nestjs/common';
import type { ChargeLine } from '@solyx/contracts';
import { ChargePosted } from '@solyx/contracts/billing';
import { causedBy, OnEvent, Streams } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import { budgetDecider, holdIdOf } from '../domain/budget';
import { walletDecider } from '../domain/wallet';
import type { WantedPart } from '../domain/wallet-draw';

/** What a charge asks of a wallet: its amounts by category, rehearsals apart. */
export function wantedOf(lines: readonly ChargeLine[]): readonly WantedPart[] {
  const sums = new Map<string, WantedPart>();
  for (const { kind, simulated, amountMicroUsd } of lines) {
    const key = `${kind} ${String(simulated)}`;
    const before = sums.get(key)?.amount ?? 0n;
    sums.set(key, { kind, simulated, amount: before + BigInt(amountMicroUsd) });
  }
  return [...sums.values()];
}

/** The team that all lines are of; none where they differ. */
function teamOf(lines: readonly ChargeLine[]): string | undefined {
  const [first] = lines;
  return first && lines.every(({ team }) => team === first.team) ? first.team : undefined;
}

/**
 * Counts every charge against the budgets, and draws it from the wallet as far as that goes. Both know a charge by its id:
 * however often it is heard, it counts once.
 */
@Injectable()
export class SettleChargeHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(ChargePosted)
  async settle(event: Recorded<ChargePosted>): Promise<void> {
    const { organizationId, chargeId, jobId, resource, period, project, lines, totalMicroUsd } = event.data;
    const { profile } = (await this.streams.known(accountDecider, organizationId)).state;
    const context = { ...causedBy(event), organizationId };
    const holdId = holdIdOf(jobId ?? resource.id);
    const team = teamOf(lines);
    const count = {
      ...{ holdId, organizationId, chargeId, project, amountMicroUsd: totalMicroUsd, zone: profile.timeZone },
      ...(jobId === undefined ? {} : { jobId }),
      ...(team === undefined ? {} : { team }),
      // When its usage began: a slice ends where the next period begins, and belongs to the one before.
      at: lines[0]?.from ?? event.data.at,
    };
    await this.streams.transact(budgetDecider, organizationId, { type: 'CountCharge', data: count }, context);
    const draw = {
      ...{ chargeId, organizationId, holdId, period, project, wanted: wantedOf(lines) },
      ...{ prepaid: profile.mode === 'prepaid', postedAt: event.recordedAt, at: this.clock.iso() },
    };
    await this.streams.transact(walletDecider, organizationId, { type: 'DrawCharge', data: draw }, context);
  }
}
