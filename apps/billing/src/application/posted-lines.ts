import { Injectable } from '@nestjs/common';
import { Streams } from '@solyx/eventing';
import type { ChargeLine } from '@solyx/contracts';
import { ChargePosted, UsageOpened } from '@solyx/contracts/billing';
import { derivePrefixedId, upcast, type Recorded } from '@solyx/kernel';
import { skuIdOf } from '../domain/rating/sku';
import type { PostedLine } from '../domain/rating/rerate';
import { keyOfLine } from '../domain/line-key';

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
    const waiting = new Map<string, PostedLine[]>();
    const keys = new KeysBackwards();
    let charges = 0;
    let passed = 0;
    // What this context recorded was validated when it was; to do so again takes longer than all the rest.
    const options = { direction: 'backwards', raw: true } as const;
    for await (const event of this.streams.log.readStream(`billing.account-${organizationId}`, options)) {
      passed += 1;
      if (charges > CHARGES_READ_MAX || passed > EVENTS_PASSED_MAX) return { charges, complete: false };
      if (waiting.size === 0 && Date.parse(event.recordedAt) < beginOf(period)) break;
      if (event.type === UsageOpened.type) granted(event as Recorded<UsageOpened>, waiting, add);
      if (event.type !== ChargePosted.type) continue;
      const charge = chargeOf(event);
      if ((charge.correctsPeriod ?? charge.period) !== period) continue;
      charges += 1;
      const { allocationId } = charge;
      const lines = charge.lines.map((line) => postedLine(line, charge, keys));
      if (allocationId === undefined) lines.forEach(add);
      else waiting.set(allocationId, [...(waiting.get(allocationId) ?? []), ...lines]);
    }
    for (const lines of waiting.values()) lines.forEach(add);
    return { charges, complete: true };
  }
}

function granted(
  { data }: Recorded<UsageOpened>,
  waiting: Map<string, PostedLine[]>,
  add: (line: PostedLine) => void,
): void {
  const { allocationId, grantedAt } = data.allocation;
  for (const line of waiting.get(allocationId) ?? []) add({ ...line, pricedAt: grantedAt });
  waiting.delete(allocationId);
}

/** Where lines count today. A correction under other terms took over all that was posted before it, which comes later here. */
class KeysBackwards {
  private readonly movedTo = new Map<string, string>();

  of(line: ChargeLine, charge: ChargePosted['data']): string | undefined {
    const key = keyOfLine(line, charge);
    if (key === undefined) return undefined;
    const today = this.movedTo.get(key) ?? key;
    const { correctsLineKey } = line;
    if (correctsLineKey !== undefined && correctsLineKey !== key) this.movedTo.set(correctsLineKey, today);
    return today;
  }
}

function postedLine(line: ChargeLine, charge: ChargePosted['data'], keys: KeysBackwards): PostedLine {
  const { project, resource } = charge;
  const skuId = skuIdOfLine(line);
  return {
    project,
    skuId,
    lineKey: keys.of(line, charge) ?? derivePrefixedId('ln', project, skuId, line.rateNumerator, line.rateDenominator),
    terms: line.terms,
    unit: line.unit,
    quantity: BigInt(line.quantity),
    amount: BigInt(line.amountMicroUsd),
    resourceId: resource.id,
    pricedAt: line.from,
    isCorrection: resource.kind === 'period' && line.correctsLineKey !== undefined,
  };
}
