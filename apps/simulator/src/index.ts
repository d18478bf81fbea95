export * from './plane/faults';
export type { Mutant, Violation } from './plane/plane';
export * as money from './money';
export * as replay from './replay';
export * as rounds from './rounds';
export { runScenario, type RunResult } from './run';
export { crowdOf, scenarioOf, type Scenario } from './scenario/scenario';
export * as whatif from './whatif';
