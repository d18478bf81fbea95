import type { Blocker, StartInterval, WaitReason, WayIn, WorkloadRequest } from '@solyx/contracts';
import { ExplanationComputed } from '@solyx/contracts/drm';
import { accept, type Command, type Decider } from '@solyx/kernel';
import { askOf, type Ask } from './ask';
import { foreseenMs, whoHeld } from './durations';
import { startIntervals } from './eta';
import { plural, reasonWords, sentenceOf, timeInWords } from './explain';
import { THOUGHT_BOUNDS } from './foresight';
import { isoOf, millisOf } from './instants';
import { marketOf } from './market';
import { evolvePartition } from './partition-evolve';
import type { HeldAllocation, PartitionState } from './partition-state';
import { reservationFor } from './reservation';
import { inThought } from './schedule';
import { Fleet, viewOf } from './shape-view';
import { waysIn } from './ways-in';

const AHEAD_MAX = 6;
const RUNNING_MAX = 6;
const NAMED_MAX = 3;
const REASONS_MAX = 16;
const WAYS_MAX = 8;
const MIDDLE = 500;
/** Reasons that go away when work ends. */
const ROOM = /^(Insufficient|GangIncomplete|BehindInQueue|TopologyUnmet|MigUnavailable|Pool)/;

export interface WhyRequest {
  readonly explanationId: string;
  readonly organizationId: string;
  readonly workloadId: string;
  readonly at: string;
}

/** What the scheduler says of it now, in thought. */
interface Said {
  readonly isGranted: boolean;
  /** Who is looked at before it, in that order. */
  readonly before: readonly WorkloadRequest[];
  readonly reasons: readonly WaitReason[];
  readonly note: string | undefined;
  /** The partition after what would be decided now. */
  readonly after: PartitionState;
}

function saidNow(state: PartitionState, workloadId: string, at: string): Said {
  const { decisions, waiting } = inThought(state, at, THOUGHT_BOUNDS);
  const after = decisions.reduce(evolvePartition, state);
  const place = waiting.findIndex(({ workload }) => workload.request.workloadId === workloadId);
  const own = waiting[place];
  return {
    isGranted: after.held.has(workloadId),
    before: waiting.slice(0, Math.max(0, place)).map(({ workload }) => workload.request),
    reasons: own?.reasons ?? [],
    note: own?.note,
    after,
  };
}

/** Others' work is counted, not named. */
const nameFor = (owner: string, asker: string, name: string): string =>
  owner === asker ? name : 'work of another organization';

const aheadOf = (before: readonly WorkloadRequest[], organizationId: string): readonly Blocker[] =>
  before.slice(0, AHEAD_MAX).map((request) => {
    const isOwn = request.organizationId === organizationId;
    const name = nameFor(request.organizationId, organizationId, request.name);
    return { name, ...(isOwn ? { workloadId: request.workloadId } : {}), position: 'ahead' };
  });

const likelyEnd = (state: PartitionState, { allocation, deadline }: HeldAllocation, now: number): number => {
  const granted = millisOf(allocation.grantedAt);
  const asked = { perMille: MIDDLE, ranMs: now - granted };
  return granted + foreseenMs(state.durations, whoHeld(allocation), deadline - granted, asked);
};

/** Work that has to end before it fits, the last to end last; and when it surely fits. */
interface Room {
  readonly running: readonly Blocker[];
  readonly latestAt: string;
  readonly likelyAt: string;
  readonly last: Blocker;
}

function roomFor(state: PartitionState, ask: Ask, asked: WhyRequest): Room | undefined {
  const fleet = new Fleet(state);
  const market = marketOf(state, asked.at);
  const reservation = reservationFor(state, fleet, viewOf(fleet, ask, market));
  if (!reservation) return undefined;
  const now = millisOf(asked.at);
  const ids = [...reservation.nodeIds].flatMap((nodeId) => state.nodes.get(nodeId)?.workloads ?? []);
  const running = [...new Set(ids)]
    .flatMap((id) => {
      const held = state.held.get(id);
      return held && held.deadline <= reservation.from ? [{ id, held }] : [];
    })
    .sort((a, b) => a.held.deadline - b.held.deadline || (a.id < b.id ? -1 : 1))
    .map(({ id, held }): Blocker => {
      const isOwn = held.allocation.organizationId === asked.organizationId;
      return {
        name: isOwn ? id : 'work of another organization',
        ...(isOwn ? { workloadId: id } : {}),
        position: 'running',
        likelyEndAt: isoOf(likelyEnd(state, held, now)),
        latestEndAt: isoOf(Math.max(held.deadline, now)),
      };
    });
  const last = running[running.length - 1];
  if (!last) return undefined;
  const likelyAt = running.reduce((latest, { likelyEndAt = '' }) => (likelyEndAt > latest ? likelyEndAt : latest), '');
  return { running: running.slice(-RUNNING_MAX), latestAt: isoOf(Math.max(reservation.from, now)), likelyAt, last };
}

/** How many GPUs the best node lacks now, in words; empty where GPUs are not what it lacks. */
function shortfall(state: PartitionState, ask: Ask, at: string): string {
  const fleet = new Fleet(state);
  const market = marketOf(state, at);
  const { eligible } = viewOf(fleet, ask, market);
  if (ask.gpus === 0 || eligible.length === 0) return '';
  const best = eligible
    .flatMap(({ at: place, suited }) => {
      const node = fleet.nodes[place];
      if (!node) return [];
      const places = suited.places ?? [...node.gpuFree.keys()];
      const free = places.filter((one) => (node.gpuFree[one] ?? 0) >= ask.gpuMilli).length;
      return [{ free: Math.min(free, ask.gpus), model: suited.gpuModel }];
    })
    .sort((a, b) => b.free - a.free);
  const needed = best.slice(0, ask.nodesMin);
  const missing = needed.reduce((sum, { free }) => sum + ask.gpus - free, 0);
  const model = needed[needed.length - 1]?.model ?? '';
  const what = ask.gpuMilli >= 1_000 ? model : `${ask.gpuMilli / 1_000} × ${model}`;
  const where = ask.nodesMin > 1 ? ` on ${ask.nodesMin} nodes` : '';
  return missing === 0 ? '' : `needs ${missing} more ${what}${where}`;
}

function namesOf(blockers: readonly Blocker[], ahead: number): string {
  if (ahead === 0) return 'it is next';
  const own = blockers.filter(({ workloadId }) => workloadId !== undefined).map(({ name }) => name);
  const named = own.slice(0, NAMED_MAX);
  const rest = ahead - named.length;
  const others = rest > 0 ? [plural(rest, named.length > 0 ? 'other' : 'workload')] : [];
  return `ahead of it: ${[...named, ...others].join(', ')}`;
}

function waitingSentence(parts: {
  readonly said: Said;
  readonly lack: string;
  readonly ahead: string;
  readonly ways: readonly WayIn[];
  readonly start: StartInterval | undefined;
  readonly at: string;
}): string {
  const { said, lack, ahead, ways, start, at } = parts;
  const why = [
    ...(lack === '' ? [] : [lack]),
    ...reasonWords(said.reasons),
    ...(said.note === undefined ? [] : [said.note]),
    ahead,
  ].join('; ');
  const waits = ways.filter(({ kind }) => kind.startsWith('wait-')).map(({ sentence }) => sentence);
  const deeds = ways.filter(({ kind }) => !kind.startsWith('wait-')).map(({ sentence }) => sentence);
  const comes = waits.length === 0 ? '' : ` It can start when ${waits.slice(0, 2).join(', and ')}.`;
  const helps = deeds.length === 0 ? '' : ` What would help: ${deeds.slice(0, 3).join(', or ')}.`;
  const when =
    start === undefined
      ? ''
      : ` Most likely at ${timeInWords(start.p50At, at)}, between ${timeInWords(start.p10At, at)} and ${timeInWords(start.p90At, at)}.`;
  return `It waits: ${why}.${comes}${helps}${when}`;
}

function roomWay({ latestAt, likelyAt, last }: Room, at: string): WayIn {
  const who = last.workloadId ?? 'work of another organization';
  const sentence = `${who} ends: at ${timeInWords(latestAt, at)} at the latest, likely at ${timeInWords(likelyAt, at)}`;
  return { kind: 'wait-for-end', value: latestAt, sentence };
}

type Answer = Omit<ExplanationComputed['data'], 'explanationId' | 'workloadId' | 'at'>;
const NOTHING = { ahead: 0, reasons: [], blockers: [], waysIn: [] } as const;

function waiting(state: PartitionState, request: WorkloadRequest, asked: WhyRequest): Answer {
  const { workloadId, at } = asked;
  const said = saidNow(state, workloadId, at);
  if (said.isGranted)
    return { phase: 'Waiting', ...NOTHING, sentence: 'It starts with the next look of the scheduler.' };
  const ask = askOf(request);
  const isRoom = said.reasons.some(({ reason }) => ROOM.test(reason));
  const room = isRoom ? roomFor(said.after, ask, asked) : undefined;
  const ahead = aheadOf(said.before, asked.organizationId);
  const start = startIntervals(state, at, new Set([workloadId])).get(workloadId);
  const ways = [...(room ? [roomWay(room, at)] : []), ...waysIn(said.after, request, said.reasons, at)];
  const lack = isRoom ? shortfall(said.after, ask, at) : '';
  const names = namesOf(ahead, said.before.length);
  return {
    phase: 'Waiting',
    ahead: said.before.length,
    reasons: said.reasons.slice(0, REASONS_MAX),
    blockers: [...ahead, ...(room?.running ?? [])],
    waysIn: ways.slice(0, WAYS_MAX),
    ...(start ? { start } : {}),
    sentence: waitingSentence({ said, lack, ahead: names, ways, start, at }),
  };
}

function holding(state: PartitionState, held: HeldAllocation, at: string): Answer {
  const { allocation, deadline } = held;
  const nodes = [...new Set(allocation.shares.map(({ nodeId }) => nodeId))];
  const shown = nodes.length > 4 ? `${nodes.slice(0, 4).join(', ')} and ${nodes.length - 4} more` : nodes.join(', ');
  const since = timeInWords(allocation.grantedAt, at);
  const likely = timeInWords(isoOf(likelyEnd(state, held, millisOf(at))), at);
  const latest = timeInWords(isoOf(deadline), at);
  const simulated = allocation.shares.every((share) => share.simulated) ? ' (simulated)' : '';
  const sentence = `It holds ${shown}${simulated} since ${since}; it should end at ${likely}, at ${latest} at the latest.`;
  return { phase: 'Holding', ...NOTHING, sentence };
}

function answer(state: PartitionState, asked: WhyRequest): Answer {
  const { workloadId, organizationId, at } = asked;
  const request = state.queue.get(workloadId)?.request;
  const held = state.held.get(workloadId);
  if (request?.organizationId === organizationId) return waiting(state, request, asked);
  if (held?.allocation.organizationId === organizationId) return holding(state, held, at);
  const sentence = 'The scheduler does not hold it: it has ended, or was not admitted yet; its path says which.';
  return { phase: 'Unknown', ...NOTHING, sentence };
}

/**
 * What a workload waits for, who is ahead, and what would let it in. Pure; the scheduler is run in thought, so what is
 * said is what would be decided now. Work of others is counted, never named.
 */
export function whyOf(state: PartitionState, asked: WhyRequest): ExplanationComputed['data'] {
  const { explanationId, workloadId, at } = asked;
  const { sentence, ...rest } = answer(state, asked);
  return { explanationId, workloadId, ...rest, sentence: sentenceOf(sentence), at };
}

export type WhyCommand = Command<'RecordExplanation', ExplanationComputed['data']>;

/** A question is answered once. */
export const whyDecider: Decider<WhyCommand, { readonly isComputed: boolean }, ExplanationComputed, never> = {
  name: 'drm.explanation',
  initial: { isComputed: false },
  decide: ({ data }, { isComputed }) => (isComputed ? accept() : accept(ExplanationComputed(data))),
  evolve: () => ({ isComputed: true }),
};
