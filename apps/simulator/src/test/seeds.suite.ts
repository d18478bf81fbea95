import { failureOf } from '../report';
import { runScenario } from '../run';
import { scenarioOf } from '../scenario/scenario';

/** Seeds in each test, so that a failure says soon where it is. */
const SHARE = 25;
const MINUTES = 60_000;

const succeeds = async (from: number): Promise<void> => {
  for (let seed = from; seed < from + SHARE; seed += 1) {
    const result = await runScenario(scenarioOf(seed));
    if (result.violation) throw new Error(failureOf(result, undefined));
  }
};

/** A hundred seeds. Each spec takes one hundred, so that two cores share them. */
export const describeSeeds = (first: number): void =>
  describe('The whole plane', () => {
    it.each(
      Array.from({ length: 100 / SHARE }, (_, share) => [first + share * SHARE, first + (share + 1) * SHARE - 1]),
    )('keeps its invariants under trouble, seeds %i to %i', (from) => succeeds(from), 10 * MINUTES);
  });
