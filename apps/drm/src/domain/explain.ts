import { formatMicro } from '@solyx/kernel';
import type { NodeTerms, Offer, Transfer, WaitReason } from '@solyx/contracts';
import type { Ask } from './ask';
import type { Found, Pick } from './place';
import { TIER_STEP } from './score';
import { domainInWords, isTold } from './topology';

const SENTENCE_MAX = 1024;

export const sentenceOf = (text: string): string =>
  text.length <= SENTENCE_MAX ? text : `${text.slice(0, SENTENCE_MAX - 1)}…`;

/** "14:05:30 UTC", with its date where that is not the day of `now`. */
export function timeInWords(instant: string, now: string): string {
  const time = `${instant.slice(11, 19)} UTC`;
  return instant.slice(0, 10) === now.slice(0, 10) ? time : `${instant.slice(0, 10)} ${time}`;
}

const hourly = (micro: bigint): string => `${formatMicro(micro, true)} USD/h`;
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** "2 × H100", "0.5 × L4", "4 × 0.5 × L4", "no GPU". */
export function gpusInWords(ask: Ask, model: string): string {
  if (ask.gpus === 0) return 'no GPU';
  if (ask.gpuMilli >= 1000) return `${ask.gpus} × ${model}`;
  const part = String(ask.gpuMilli / 1000);
  return ask.gpus === 1 ? `${part} × ${model}` : `${ask.gpus} × ${part} × ${model}`;
}

const whose = ({ source, simulated, site }: NodeTerms): string =>
  `${source}${simulated ? ', simulated' : ''}, site ${site}`;

const nodeNames = (picks: readonly Pick[]): string => {
  const names = picks.slice(0, 4).map(({ nodeId }) => nodeId);
  return picks.length > 4 ? `${names.join(', ')} and ${picks.length - 4} more` : names.join(', ');
};

function transferWords(transfers: readonly Transfer[]): string {
  if (transfers.length === 0) return '';
  const gib = transfers.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  const micro = transfers.reduce((sum, { priceMicroUsd }) => sum + BigInt(priceMicroUsd), 0n);
  return `; ${gib} GiB of its data cross sites for ${formatMicro(micro, true)} USD`;
}

/** Why here. */
export function grantSentence(ask: Ask, found: Found, perHour: bigint, transfers: readonly Transfer[]): string {
  const [first] = found.picks;
  if (!first) return '';
  const { terms } = first.node;
  const each = found.picks.length > 1 ? ' each' : '';
  const worse = first.fixed <= 0 - TIER_STEP;
  const why = worse
    ? `no node of a preferred source has room, and of ${plural(found.fitting, 'node')} that fit it is the best`
    : `of ${plural(found.fitting, 'node')} that fit it is the best`;
  const together = found.domain && isTold(ask.request, found.domain) ? `, ${domainInWords(found.domain)}` : '';
  const fewer = found.picks.length < ask.nodes ? ` (${found.picks.length} of ${ask.nodes} nodes)` : '';
  return sentenceOf(
    `${gpusInWords(ask, first.suited.gpuModel)}${each} on ${nodeNames(found.picks)}${fewer}${together} (${whose(terms)}) ` +
      `at ${hourly(perHour)}: ${why}${transferWords(transfers)}.`,
  );
}

const PHRASES: Readonly<Record<string, (count: number) => string>> = {
  InsufficientGpus: (n) => `${plural(n, 'node has', 'nodes have')} too few free GPUs`,
  InsufficientCpu: (n) => `${plural(n, 'node has', 'nodes have')} too little CPU`,
  InsufficientMemory: (n) => `${plural(n, 'node has', 'nodes have')} too little memory`,
  GpuModelMismatch: (n) => `${plural(n, 'node has', 'nodes have')} other GPUs`,
  GpuMemoryTooSmall: (n) => `${plural(n, 'node has', 'nodes have')} GPUs with too little memory`,
  NodeCordoned: (n) => `${plural(n, 'node takes', 'nodes take')} no new work`,
  SourceNotAllowed: (n) => `${plural(n, 'node is', 'nodes are')} of a source it may not use`,
  RegionNotAllowed: (n) => `${plural(n, 'node is', 'nodes are')} in a region it may not use`,
  SimulationMismatch: (n) => `simulated and real work do not mix (${plural(n, 'node')})`,
  PriceTooHigh: (n) => `${plural(n, 'node costs', 'nodes cost')} more than it may`,
  NoPrice: (n) => `${plural(n, 'node has', 'nodes have')} no price`,
  NoRoute: (n) => `no route leads from its data to ${plural(n, 'node')}`,
  BehindInQueue: (n) => `${plural(n, 'node is', 'nodes are')} kept for work ahead of it`,
  TopologyUnmet: (n) => `${plural(n, 'node fits', 'nodes fit')}, too few close enough together`,
  MigUnavailable: (n) => `${plural(n, 'node has', 'nodes have')} no such MIG slices`,
  PoolMismatch: (n) => `${plural(n, 'node has', 'nodes have')} no GPUs that are shared so`,
  PoolFull: (n) => `${plural(n, 'pool has', 'pools have')} as many workloads as they may`,
  PoolTaken: (n) => `${plural(n, 'private pool serves', 'private pools serve')} another organization`,
  AwaitingPreemption: (n) => `${plural(n, 'workload was', 'workloads were')} asked to leave for it`,
  GangIncomplete: (n) => `${plural(n, 'node fits', 'nodes fit')}, too few for the gang`,
  QueueUnknown: () => 'there is no such queue',
  QuotaExceeded: () => 'the quota of its queue, and what it may borrow, are used',
  BudgetSpent: () => 'a budget of its queue is spent',
  BudgetExceeded: () => 'its own budget is too small',
  AwaitingLease: (n) => `${plural(n, 'leased node is', 'leased nodes are')} on the way`,
  BackingOff: () => 'the next attempt waits out its backoff',
  NeverFits: () => 'nothing in this fleet is large enough for it',
};

/** Each reason in words, with its count. */
export const reasonWords = (reasons: readonly WaitReason[]): readonly string[] =>
  reasons.map(({ reason, count }) => PHRASES[reason]?.(count) ?? `${reason} (${count})`);

/** Why not yet. */
export function waitSentence(reasons: readonly WaitReason[], ahead: number, note?: string): string {
  const parts = reasonWords(reasons);
  const place = ahead === 0 ? 'it is next' : `${plural(ahead, 'workload is', 'workloads are')} ahead of it`;
  return sentenceOf(`It waits: ${[...parts, ...(note === undefined ? [] : [note]), place].join('; ')}.`);
}

/** Why rent. */
export function leaseSentence(offer: Offer, forWhom: string, nodes: number): string {
  const what = `${offer.gpusPerNode} × ${offer.gpuModel} of ${offer.provider}${offer.simulated ? ' (simulated)' : ''}`;
  const many = nodes > 1 ? `one of ${nodes} nodes: ` : '';
  return sentenceOf(
    `${forWhom}, so ${many}${what} at ${hourly(BigInt(offer.priceMicroUsdPerHour))} are leased; ` +
      `ready in about ${offer.bootSeconds} s, billed for at least ${offer.minimumSeconds} s.`,
  );
}
