import { Injectable } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import type { ChargeLine } from '@solyx/contracts';
import { ChargePosted, UsageOpened } from '@solyx/contracts/billing';
import { derivePrefixedId, upcast, type Recorded } from '@solyx/kernel';
import { skuIdOf } from '../domain/rating/sku';
import type { PostedLine } from '../domain/rating/rerate';

/** Charges of one period that are read at most, and events that are passed on the way to them. */
export const CHARGES_READ_MAX = 200_000;
const EVENTS_PASSED_MAX = 2_000_000;
/** Months begin up to 14 hours before and 12 after those of UTC. */
const ZONE_MARGIN_MS = 86_400_000;

export interface PostedPeriod {
  readonly charges: number;
  /** False where there were more than may be read. */
  readonly complete: boolean;
}

const chargeOf = ({ data, metadata }: Recorded): ChargePosted['data'] =>
  upcast(ChargePosted, metadata.version, data as Record<string, unknown>) as unknown as ChargePosted['data'];

const beginOf = (period: string): number => Date.parse(`${period}-01T00:00:00.000Z`) - ZONE_MARGIN_MS;

/** Lines of version 1 name neither SKU nor key; what they were about says both. */
const skuIdOfLine = (line: ChargeLine): string => {
  if (line.skuId !== undefined) return line.skuId;
  const { kind, source, simulated, gpuModel } = line;
  const product = gpuModel === '' ? '*' : gpuModel;
  const meter = kind === 'cpu' || kind === 'memory' || kind === 'egress' ? kind : 'gpu';
  return skuIdOf({ meter, source, simulated, product, pricing: 'on-demand', quality: 'standard' });
};

/** What was charged to an account in one period, corrections of it included, from its own stream. */
@Injectable()
export class PostedLines {
  constructor(private readonly streams: Streams) {}

  /**
   * Hands every line to `add`. The stream is read backwards, until before the period began and the grants of all that
   * was charged were seen: what was placed under a price keeps it.
   */
  async read(organizationId: string, period: string, add: (line: PostedLine) => void): Promise<PostedPeriod> {
    const waiting = new Map<string, ChargePosted['data'][]>();
    let charges = 0;
    let passed = 0;
    // What this context recorded was validated when it was; to do so again takes longer than all the rest.
    const options = { direction: 'backwards', raw: true } as const;
    for await (const event of this.streams.log.readStream(`billing.account-${organizationId}`, options)) {
      passed += 1;
      if (charges > CHARGES_READ_MAX || passed > EVENTS_PASSED_MAX) return { charges, complete: false };
      if (waiting.size === 0 && Date.parse(event.recordedAt) < beginOf(period)) break;
      if (event.type === UsageOpened.type) this.granted(event as Recorded<UsageOpened>, waiting, add);
      if (event.type !== ChargePosted.type) continue;
      const charge = chargeOf(event);
      if ((charge.correctsPeriod ?? charge.period) !== period) continue;
      charges += 1;
      const { allocationId } = charge;
      if (allocationId === undefined) addLines(charge, undefined, add);
      else waiting.set(allocationId, [...(waiting.get(allocationId) ?? []), charge]);
    }
    for (const held of waiting.values()) for (const charge of held) addLines(charge, undefined, add);
    return { charges, complete: true };
  }

  private granted(
    { data }: Recorded<UsageOpened>,
    waiting: Map<string, ChargePosted['data'][]>,
    add: (line: PostedLine) => void,
  ): void {
    const { allocationId, grantedAt } = data.allocation;
    for (const charge of waiting.get(allocationId) ?? []) addLines(charge, grantedAt, add);
    waiting.delete(allocationId);
  }
}

function addLines(charge: ChargePosted['data'], grantedAt: string | undefined, add: (line: PostedLine) => void): void {
  for (const line of charge.lines) {
    const skuId = skuIdOfLine(line);
    add({
      project: charge.project,
      skuId,
      lineKey:
        line.correctsLineKey ??
        line.lineKey ??
        derivePrefixedId('ln', charge.project, skuId, line.rateNumerator, line.rateDenominator),
      terms: line.terms,
      unit: line.unit,
      quantity: BigInt(line.quantity),
      amount: BigInt(line.amountMicroUsd),
      resourceId: charge.resource.id,
      pricedAt: grantedAt ?? line.from,
    });
  }
}
