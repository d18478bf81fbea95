import { accept, canonicalJson, derivePrefixedId, type Command, type Decider } from '@solyx/kernel';
import { Advised } from '@solyx/contracts/optimizer';
import { advise, HEURISTIC, type Thresholds } from './heuristic';
import type { Autonomy } from './policy';
import type { Supply } from './supply';

export interface Advise {
  readonly adviceId: string;
  readonly supply: Supply;
  readonly autonomy: Autonomy;
  readonly thresholds: Thresholds;
  /** While nothing changes, one advice in this time is enough. */
  readonly quietSeconds: number;
  readonly at: string;
}

export type DecisionCommand = Command<'Advise', Advise>;
export type DecisionEvent = Advised;

/** The last advice of the day; undefined where there is none yet. */
export type LastAdvice =
  | {
      readonly adviceId: string;
      readonly at: string;
      /** All of it that is news when it changes. */
      readonly gist: string;
    }
  | undefined;

/** One advice for each interval: a repeated tick has the same id. */
export const adviceIdOf = (partition: string, intervalStartMs: number): string =>
  derivePrefixedId('adv', partition, intervalStartMs);

/** Decisions of one day of UTC share a stream, so that none grows for ever. */
export const dayOf = (at: string): string => at.slice(0, 10);

/** The clock and the log go on while nothing happens; that alone is no news. */
function gistOf({ action, reason, count, level, gpuModel = '', observation, checks }: Advised['data']): string {
  const { position: _position, oldestQueuedSeconds: _oldest, ...seen } = observation;
  return canonicalJson({ action, reason, count, level, gpuModel, seen, checks });
}

const secondsBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1_000;

/** One interval, one advice; while nothing changes, one in `quietSeconds`. */
export const decisionDecider: Decider<DecisionCommand, LastAdvice, DecisionEvent, never> = {
  name: 'optimizer.decision',
  initial: undefined,
  decide({ data: { adviceId, supply, autonomy, thresholds, quietSeconds, at } }, last) {
    // An interval that was answered, or that lies before the last one, is over.
    if (last && (last.adviceId === adviceId || at <= last.at)) return accept();
    const advice = advise(supply, autonomy, thresholds);
    const data = { adviceId, ...advice, policy: HEURISTIC, level: autonomy.level, observation: supply.observation, at };
    const isOld = last?.gist === gistOf(data) && secondsBetween(last.at, at) < quietSeconds;
    return isOld ? accept() : accept(Advised(data));
  },
  evolve: (_, { data }) => ({ adviceId: data.adviceId, at: data.at, gist: gistOf(data) }),
};
