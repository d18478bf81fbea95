import { failureOf } from './report';
import { runScenario } from './run';
import { scenarioOf } from './scenario/scenario';

/** Seeds in each test, so that a failure says soon where it is. */
const SHARE = 25;
const SEEDS = 200;
const MINUTES = 60_000;

const succeeds = async (from: number): Promise<void> => {
  for (let seed = from; seed < from + SHARE; seed += 1) {
    const result = await runScenario(scenarioOf(seed));
    if (result.violation) throw new Error(failureOf(result, undefined));
  }
};

describe('The whole plane', () => {
  it.each(Array.from({ length: SEEDS / SHARE }, (_, share) => [share * SHARE, share * SHARE + SHARE - 1]))(
    'keeps its invariants under trouble, seeds %i to %i',
    (from) => succeeds(from),
    10 * MINUTES,
  );
});
