import type { JobSpec, StartInterval, WorkloadRequest } from '@solyx/contracts';
import { EtaComputed, WorkloadQueued, type StartsForeseen } from '@solyx/contracts/drm';
import { accept, type Command, type Decider } from '@solyx/kernel';
import { calibrationOf, quantilesOf, type Foreseen } from './calibration';
import { foreseenMs, sketchFor, whoAsks, whoHeld, type Basis, type Who } from './durations';
import { sentenceOf, timeInWords } from './explain';
import { startsAhead } from './foresight';
import { isoOf, millisOf } from './instants';
import { evolvePartition } from './partition-evolve';
import type { PartitionState } from './partition-state';
import { requestOf } from './plan-request';

/** Waiting workloads that one look foresees. */
export const FORESEEN_MAX = 32;
const MIDDLE = 500;

type Quantiles = readonly [low: number, middle: number, high: number];

/** Times of one quantity at three quantiles, as an interval: in order, whatever a schedule made of them. */
function intervalOf(times: readonly number[]): StartInterval | undefined {
  const [low, middle, high] = [...times].sort((a, b) => a - b);
  if (low === undefined || middle === undefined || high === undefined) return undefined;
  return { p10At: isoOf(low), p50At: isoOf(middle), p90At: isoOf(high) };
}

const quantiles = ({ calibration }: PartitionState): Quantiles => {
  const { low, high } = quantilesOf(calibration);
  return [low, MIDDLE, high];
};

/** When workloads of the queue should start. Those that nothing which is known would let in are absent. */
export function startIntervals(
  state: PartitionState,
  at: string,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, StartInterval> {
  const [low, middle, high] = quantiles(state);
  const likely = startsAhead(state, at, middle, wanted);
  // Where nothing has ended yet all runs take their maximum, at every quantile.
  const isKnown = state.durations.size > 0;
  const courses = isKnown
    ? [startsAhead(state, at, low, wanted), likely, startsAhead(state, at, high, wanted)]
    : [likely, likely, likely];
  const intervals = new Map<string, StartInterval>();
  for (const workloadId of wanted) {
    const times = courses.map((starts) => starts.get(workloadId));
    const known = times.filter((time) => time !== undefined);
    const interval = known.length === times.length ? intervalOf(known) : undefined;
    if (interval) intervals.set(workloadId, interval);
  }
  return intervals;
}

/** The first of those who wait of whom nothing was foreseen yet: what is said of them, to be compared with the truth. */
export function foresee(state: PartitionState, at: string): StartsForeseen['data'] {
  const wanted: WorkloadRequest[] = [];
  for (const workloadId of state.order) {
    const request = state.queue.get(workloadId)?.request;
    if (wanted.length >= FORESEEN_MAX) break;
    if (request && !state.foreseen.has(workloadId)) wanted.push(request);
  }
  const intervals =
    wanted.length === 0 ? undefined : startIntervals(state, at, new Set(wanted.map(({ workloadId }) => workloadId)));
  const starts: Foreseen[] = [];
  for (const { workloadId, attempt } of wanted) {
    const interval = intervals?.get(workloadId);
    if (interval) starts.push({ workloadId, attempt, ...interval });
  }
  return { starts, at };
}

export interface EtaRequest {
  readonly etaId: string;
  readonly organizationId: string;
  /** A job that was submitted, or the spec of one that was not. */
  readonly workloadId: string | undefined;
  readonly spec: JobSpec | undefined;
  readonly at: string;
}

interface Outlook {
  readonly phase: EtaComputed['data']['phase'];
  readonly start?: StartInterval;
  readonly end?: StartInterval;
  readonly basis: Basis;
  readonly observations: number;
  readonly simulated: boolean;
}

const UNKNOWN: Outlook = { phase: 'Unknown', basis: 'maximum', observations: 0, simulated: false };

const learnedFrom = (state: PartitionState, who: Who): Pick<Outlook, 'basis' | 'observations'> => {
  const known = sketchFor(state.durations, who);
  return { basis: known?.basis ?? 'maximum', observations: known?.sketch.seen ?? 0 };
};

function holding(state: PartitionState, workloadId: string, at: string): Outlook | undefined {
  const held = state.held.get(workloadId);
  if (!held) return undefined;
  const { allocation, deadline } = held;
  const who = whoHeld(allocation);
  const granted = millisOf(allocation.grantedAt);
  const ranMs = millisOf(at) - granted;
  const ends = quantiles(state).map(
    (perMille) => granted + foreseenMs(state.durations, who, deadline - granted, { perMille, ranMs }),
  );
  const end = intervalOf(ends);
  const simulated = allocation.shares.every((share) => share.simulated);
  return { phase: 'Holding', ...(end ? { end } : {}), ...learnedFrom(state, who), simulated };
}

/** For work that waits, in the queue or in thought. */
function waiting(state: PartitionState, request: WorkloadRequest, at: string, phase: 'Waiting' | 'Planned'): Outlook {
  const who = whoAsks(request);
  const learned = { phase, ...learnedFrom(state, who), simulated: request.placement.simulated };
  const start = startIntervals(state, at, new Set([request.workloadId])).get(request.workloadId);
  if (!start) return learned;
  const maximum = request.limits.maxRuntimeSeconds * 1_000;
  const begins = [start.p10At, start.p50At, start.p90At];
  const ends = quantiles(state).map(
    (perMille, place) =>
      millisOf(begins[place] ?? at) + foreseenMs(state.durations, who, maximum, { perMille, ranMs: 0 }),
  );
  const end = intervalOf(ends);
  return { ...learned, start, ...(end ? { end } : {}) };
}

function outlook(state: PartitionState, asked: EtaRequest): Outlook {
  const { workloadId, spec, etaId, organizationId, at } = asked;
  if (spec !== undefined) {
    const request = requestOf({ planId: etaId, organizationId, spec, at });
    return waiting(evolvePartition(state, WorkloadQueued({ request, at })), request, at, 'Planned');
  }
  const id = workloadId ?? '';
  const request = state.queue.get(id)?.request;
  const owner = request?.organizationId ?? state.held.get(id)?.allocation.organizationId;
  if (owner !== organizationId) return UNKNOWN;
  return request ? waiting(state, request, at, 'Waiting') : (holding(state, id, at) ?? UNKNOWN);
}

const BASES: Readonly<Record<Basis, string>> = {
  'tenant-shape': 'your own work of this shape',
  shape: 'work of this shape',
  tenant: 'your own work',
  all: 'all work',
  maximum: 'nothing yet, so maximum runtimes',
};

function words({ phase, start, end, basis, observations }: Outlook, right: string, at: string): string {
  const inWords = (instant: string): string => timeInWords(instant, at);
  if (phase === 'Unknown') return 'The scheduler does not hold such work: it has ended, or was not admitted yet.';
  const from = observations === 0 ? BASES[basis] : `${observations} ended runs of ${BASES[basis]}`;
  const over = end
    ? `be over between ${inWords(end.p10At)} and ${inWords(end.p90At)}, most likely ${inWords(end.p50At)}`
    : '';
  if (phase === 'Holding') return `It runs, and should ${over}; learned from ${from}. ${right}`;
  if (!start) return 'Nothing that runs or is on its way would let it start: `solyx why` says what is missing.';
  const isNow = start.p90At <= start.p10At;
  const begin = isNow
    ? `start at ${inWords(start.p50At)}`
    : `start between ${inWords(start.p10At)} and ${inWords(start.p90At)}, most likely ${inWords(start.p50At)}`;
  return `It should ${begin}, and ${over}; learned from ${from}. ${right}`;
}

/** When, with what certainty, and how often such answers were right. Pure; reserves nothing. */
export function etaOf(state: PartitionState, asked: EtaRequest): EtaComputed['data'] {
  const seen = outlook(state, asked);
  const calibration = calibrationOf(state.calibration);
  const { starts, coveredPerMille } = calibration;
  const right =
    starts === 0
      ? 'No such interval has been put to the test yet.'
      : `Of ${starts} such intervals ${String(coveredPerMille / 10)} % held; 80 % are meant to.`;
  const { etaId, workloadId, at } = asked;
  return {
    etaId,
    ...(workloadId === undefined ? {} : { workloadId }),
    ...seen,
    calibration,
    sentence: sentenceOf(words(seen, right, at)),
    at,
  };
}

export type EtaCommand = Command<'RecordEta', EtaComputed['data']>;

/** A question is answered once. */
export const etaDecider: Decider<EtaCommand, { readonly isComputed: boolean }, EtaComputed, never> = {
  name: 'drm.eta',
  initial: { isComputed: false },
  decide: ({ data }, { isComputed }) => (isComputed ? accept() : accept(EtaComputed(data))),
  evolve: () => ({ isComputed: true }),
};
