import { failureOf } from './report';
import { runScenario } from './run';
import { crowdOf, scenarioOf } from './scenario/scenario';

const MINUTES = 60_000;

describe('A run', () => {
  it(
    'brings 1,000 jobs that come at once to their end',
    async () => {
      const result = await runScenario(crowdOf(1, 1_000));
      if (result.violation) throw new Error(failureOf(result, 1_000));
      const { succeeded = 0, failed = 0 } = result.jobs;
      expect(succeeded + failed).toBe(1_000);
      expect(succeeded).toBeGreaterThan(900);
      expect(result.decisionsChecked).toBeGreaterThan(2_000);
    },
    10 * MINUTES,
  );

  it(
    'is the same for the same seed, event by event',
    async () => {
      for (const seed of [7, 22]) {
        const [once, again] = [await runScenario(scenarioOf(seed)), await runScenario(scenarioOf(seed))];
        expect(again.hash).toBe(once.hash);
        expect(again.steps).toBe(once.steps);
      }
      const [one, other] = [await runScenario(scenarioOf(7)), await runScenario(scenarioOf(15))];
      expect(other.hash).not.toBe(one.hash);
    },
    10 * MINUTES,
  );
});
