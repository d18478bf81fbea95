import { accept, refuse, type Command, type Decider } from '@solyx/kernel';
import type { RerateLine } from '@solyx/contracts';
import { RerateComputed } from '@solyx/contracts/billing';
import type { RatedGroup, Rerated } from './rating/rerate';

/** Lines that an answer shows; the totals count them all. */
export const RERATE_LINES_MAX = 100;

export type RerateCommand =
  | Command<'RecordRerate', RerateComputed['data']>
  | Command<'RefuseRerate', { readonly reason: RerateRefusal; readonly details: Readonly<Record<string, string>> }>;
export type RerateRefusal = 'NoPrice' | 'LimitExceeded';

/** The answer to one question; a repeat finds it. */
export const rerateDecider: Decider<RerateCommand, boolean, RerateComputed, RerateRefusal> = {
  name: 'billing.rerate',
  initial: false,
  decide({ type, data }, answered) {
    if (answered) return accept();
    return type === 'RecordRerate' ? accept(RerateComputed(data)) : refuse(data.reason, data.details);
  },
  evolve: () => true,
};

const sumOf = (groups: readonly RatedGroup[]): bigint => groups.reduce((sum, { amount }) => sum + amount, 0n);
const size = (amount: bigint): bigint => (amount < 0n ? -amount : amount);

interface Compared {
  readonly project: string;
  readonly skuId: string;
  readonly unit: string;
  quantity: bigint;
  posted: bigint;
  rerated: bigint;
}

function compare({ posted, rerated }: Rerated): readonly Compared[] {
  const lines = new Map<string, Compared>();
  const lineOf = ({ project, skuId, unit }: RatedGroup): Compared => {
    const key = `${project} ${skuId}`;
    const line = lines.get(key) ?? { project, skuId, unit, quantity: 0n, posted: 0n, rerated: 0n };
    lines.set(key, line);
    return line;
  };
  for (const group of posted) lineOf(group).posted += group.amount;
  for (const group of rerated) {
    const line = lineOf(group);
    line.rerated += group.amount;
    line.quantity += group.quantity;
  }
  const difference = ({ posted: before, rerated: after }: Compared): bigint => size(after - before);
  return [...lines.values()].sort((a, b) => {
    const [first, second] = [difference(a), difference(b)];
    if (first !== second) return first > second ? -1 : 1;
    return `${a.project} ${a.skuId}` < `${b.project} ${b.skuId}` ? -1 : 1;
  });
}

const toLine = ({ project, skuId, unit, quantity, posted, rerated }: Compared): RerateLine => ({
  project,
  skuId,
  quantity: quantity.toString(),
  unit,
  postedMicroUsd: posted.toString(),
  reratedMicroUsd: rerated.toString(),
});

/** A comparison in the words of the answer: those lines first that differ most. */
export function rerateAnswer(
  rerated: Rerated,
): Pick<RerateComputed['data'], 'lines' | 'linesLeftOut' | 'linesWithoutPrice' | 'postedMicroUsd' | 'reratedMicroUsd'> {
  const lines = compare(rerated);
  return {
    lines: lines.slice(0, RERATE_LINES_MAX).map(toLine),
    linesLeftOut: Math.max(0, lines.length - RERATE_LINES_MAX),
    linesWithoutPrice: rerated.withoutPrice,
    postedMicroUsd: sumOf(rerated.posted).toString(),
    reratedMicroUsd: sumOf(rerated.rerated).toString(),
  };
}
