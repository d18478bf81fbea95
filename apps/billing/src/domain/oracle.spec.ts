import { propertyRuns } from '@solyx/testing';
import { charged, oracle, rated, type OracleHistory } from '../test/oracle';
import * as account from './account';
import * as meter from './meter';
import * as card from './rating/rate-card';

const api = { ...account, ...meter, ...card };

const differs = (seed: number, history: OracleHistory): string | undefined => {
  const ours = charged.chargeArrivals(api, history, oracle.arrivals(seed, history.facts), seed);
  const difference = rated.differenceOfBills(ours, oracle.bill(history));
  return difference === undefined ? undefined : `history ${seed}: ${difference}`;
};

/** In any order, a tenth twice, some late: after the first month was closed, where it was. */
describe('What meters and accounts charge is what an independent, slow oracle says, to the last unit', () => {
  const { numRuns } = propertyRuns(40);

  it.each(['randomHistory', 'randomHeld', 'randomCommitted'] as const)('%s', (kind) => {
    for (let seed = 1; seed <= numRuns; seed += 1) expect(differs(seed, oracle[kind](seed))).toBeUndefined();
  });
});
