import type { ChargeLine, EarningPart } from '@solyx/contracts';
import type { Side } from './entry';

/** Parts of one earning that are told apart; further ones are told together. */
const PARTS_MAX = 64;

/** What one owner earns by one charge, before the fee. */
export interface ChargedShare {
  readonly providerId: string;
  readonly simulated: boolean;
  readonly gross: bigint;
  /** Of gross, what the lines say that the owner earns of … */
  readonly agreedNet: bigint;
  /** … this much of it. */
  readonly agreedGross: bigint;
  readonly booked: readonly Side[];
  readonly parts: readonly EarningPart[];
}

interface Sum {
  readonly providerId: string;
  readonly simulated: boolean;
  gross: bigint;
  agreedNet: bigint;
  agreedGross: bigint;
  readonly booked: Side[];
  readonly parts: Map<string, { gpuModel: string; gross: bigint }>;
}

/** How the charge booked this line, the other way around. */
function bookedOf(line: ChargeLine, providerId: string): readonly Side[] {
  const amount = BigInt(line.amountMicroUsd);
  if (line.providerAmountMicroUsd === undefined) return [[`revenue:${line.kind}:${line.source}`, amount]];
  const theirs = BigInt(line.providerAmountMicroUsd);
  return [
    [`provider-payable:${providerId}`, theirs],
    ['platform-fee', amount - theirs],
  ];
}

function add(sum: Sum, line: ChargeLine): void {
  const amount = BigInt(line.amountMicroUsd);
  sum.gross += amount;
  if (line.providerAmountMicroUsd !== undefined) {
    sum.agreedNet += BigInt(line.providerAmountMicroUsd);
    sum.agreedGross += amount;
  }
  sum.booked.push(...bookedOf(line, sum.providerId));
  const nodeId = line.nodeId === '' ? 'shared' : line.nodeId;
  const key = sum.parts.has(nodeId) || sum.parts.size < PARTS_MAX - 1 ? nodeId : 'others';
  const part = sum.parts.get(key) ?? { gpuModel: line.kind === 'gpu' ? line.gpuModel : '', gross: 0n };
  sum.parts.set(key, { gpuModel: part.gpuModel || line.gpuModel, gross: part.gross + amount });
}

/** Who earns by a charge: each owner that a line names, rehearsals apart from money. */
export function earningsOfCharge(lines: readonly ChargeLine[]): readonly ChargedShare[] {
  const sums = new Map<string, Sum>();
  for (const line of lines) {
    const { providerId, simulated } = line;
    if (providerId === undefined) continue;
    const key = `${providerId}/${simulated}`;
    const sum = sums.get(key) ?? {
      providerId,
      simulated,
      gross: 0n,
      agreedNet: 0n,
      agreedGross: 0n,
      booked: [],
      parts: new Map(),
    };
    add(sum, line);
    sums.set(key, sum);
  }
  return [...sums.values()].map(({ parts, ...sum }) => ({
    ...sum,
    parts: [...parts].map(([sourceId, { gpuModel, gross }]) => ({
      sourceId,
      gpuModel,
      grossMicroUsd: gross.toString(),
    })),
  }));
}
