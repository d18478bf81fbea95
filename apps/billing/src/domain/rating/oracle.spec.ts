import { propertyRuns } from '@solyx/testing';
import { oracle, rated, type OracleHistory } from '../../test/oracle';
import * as amount from './amount';
import * as commitment from './commitment';
import * as card from './rate-card';
import * as usage from './rate-usage';

const api = { ...amount, ...commitment, ...card, ...usage };

/** Each fact comes in any order, a tenth of them twice, some long after the rest. */
const differs = (seed: number, history: OracleHistory): string | undefined => {
  const ours = rated.rateArrivals(api, history, oracle.arrivals(seed, history.facts));
  const difference = rated.differenceOfBills(ours, oracle.bill(history));
  return difference === undefined ? undefined : `history ${seed}: ${difference}`;
};

describe('Random histories cost what an independent, slow oracle says, to the last unit', () => {
  const { numRuns } = propertyRuns(150);

  it('of usage under books that follow each other', () => {
    for (let seed = 1; seed <= numRuns; seed += 1) expect(differs(seed, oracle.randomHistory(seed))).toBeUndefined();
  });

  it('of usage that is partly committed to', () => {
    for (let seed = 1; seed <= numRuns; seed += 1) expect(differs(seed, oracle.randomCommitted(seed))).toBeUndefined();
  });

  it('and the oracle is one that notices', () => {
    const history = oracle.randomHistory(7);
    const [first, ...rest] = history.facts;
    const ours = rated.rateArrivals(api, { ...history, facts: rest }, rest);
    expect(first).toBeDefined();
    expect(rated.differenceOfBills(ours, oracle.bill(history))).toBeDefined();
  });
});
