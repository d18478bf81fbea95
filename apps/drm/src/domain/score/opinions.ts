import type { ScoreTerm } from '@solyx/contracts';
import type { Ask } from '../ask';
import type { Suited } from '../filter';
import type { NodeState } from '../partition-state';
import { bestFit, gpuFit, gpusKept } from './best-fit';
import { cost } from './cost';
import { dataGravity } from './data-gravity';
import type { Opinion } from './opinion';
import { price } from './price';
import { tier } from './tier';

/** Who has a say in where work goes under `best-fit/1`. Another list of opinions, or another weight, is another policy. */
export const OPINIONS: readonly Opinion[] = [tier, bestFit, gpuFit, gpusKept, price, cost, dataGravity];

const FIXED = OPINIONS.filter(({ of }) => of === 'fixed');
const FREE = OPINIONS.filter(({ of }) => of === 'free');

const sum = (opinions: readonly Opinion[], node: NodeState, ask: Ask, suited: Suited): number => {
  let total = 0;
  for (const opinion of opinions) total += opinion.value(node, ask, suited);
  return total;
};

export const fixedScore = (node: NodeState, ask: Ask, suited: Suited): number => sum(FIXED, node, ask, suited);
export const freeScore = (node: NodeState, ask: Ask, suited: Suited): number => sum(FREE, node, ask, suited);

const termsOf = (opinions: readonly Opinion[], node: NodeState, ask: Ask, suited: Suited): readonly ScoreTerm[] =>
  opinions
    .map(({ term, value }) => ({ term, value: value(node, ask, suited) }))
    .filter(({ value }, index) => value !== 0 || index === 0);

/** Every opinion that has one, for the explanation. */
export const scoreTerms = (node: NodeState, ask: Ask, suited: Suited): readonly ScoreTerm[] =>
  termsOf(OPINIONS, node, ask, suited);

/** Those that do not depend on what is free. */
export const fixedTerms = (node: NodeState, ask: Ask, suited: Suited): readonly ScoreTerm[] =>
  termsOf(FIXED, node, ask, suited);
