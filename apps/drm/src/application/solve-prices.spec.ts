import { WorkloadQueued, type ShadowPricesObserved } from '@solyx/contracts/drm';
import { Streams } from '@solyx/eventing';
import { fold, ManualClock, type Recorded } from '@solyx/kernel';
import { MemoryEventLog } from '@solyx/testing';
import { HighsSolver } from '../adapters/highs-solver';
import { partitionDecider } from '../domain/partition';
import type { PartitionEvent } from '../domain/partition-events';
import { residualValues } from '../domain/packing/prices';
import { at, request, T0 } from '../test/builders';
import { LinearSolver, type CoveringSolution } from './linear-solver';
import { PartitionInbox } from './partition-inbox';
import { SolvePricesProcess } from './solve-prices.process';

const STREAM = 'drm.partition-main';

/** Counts what it is asked, and may have no answer. */
class CountingSolver extends LinearSolver {
  asked = 0;
  hasAnswer = true;
  constructor(private readonly inner: LinearSolver) {
    super();
  }
  override get name(): string {
    return this.inner.name;
  }
  override async solve(program: Parameters<LinearSolver['solve']>[0]): Promise<CoveringSolution | undefined> {
    this.asked += 1;
    return this.hasAnswer ? this.inner.solve(program) : undefined;
  }
}

const highs = new HighsSolver();
afterAll(() => highs.onApplicationShutdown());

function bench(): {
  solver: CountingSolver;
  inbox: PartitionInbox;
  look: () => Promise<void>;
  ask: (gpuMilli: number, times: number) => Promise<void>;
  journal: () => Promise<readonly Recorded[]>;
  prices: () => Promise<readonly Recorded<ShadowPricesObserved>[]>;
} {
  const clock = new ManualClock(T0);
  const log = new MemoryEventLog(clock);
  const settings = { partition: 'main', heartbeatTimeoutMs: 15_000, offerFreshSeconds: 600, fleet: [] };
  const inbox = new PartitionInbox(new Streams(log), clock, settings);
  const solver = new CountingSolver(highs);
  const process = new SolvePricesProcess(inbox, solver, clock);
  let count = 0;
  const journal = async (): Promise<readonly Recorded[]> => {
    const events: Recorded[] = [];
    for await (const event of log.readStream(STREAM)) events.push(event);
    return events;
  };
  return {
    solver,
    inbox,
    look: () => process.look(),
    journal,
    async ask(gpuMilli, times) {
      for (let i = 0; i < times; i += 1) {
        count += 1;
        const queued = WorkloadQueued({ request: request(`w${count}`, { gpuMilli }), at: at(0) });
        await inbox.observe(queued, `w${count}`);
      }
    },
    async prices() {
      const events = await journal();
      return events.filter(({ type }) => type === 'drm.partition.shadow-prices-observed') as never;
    },
  };
}

describe('Shadow prices', () => {
  it('are worked out from the work that was asked for, and recorded', async () => {
    const { ask, look, prices } = bench();
    await ask(470, 6);
    await ask(230, 3);
    await ask(810, 3);
    await look();
    const [found, ...others] = await prices();
    expect(others).toEqual([]);
    expect(found?.data.version).toBe(1);
    expect(found?.data.solver).toBe('HiGHS 1.15.3');
    const price = new Map(found?.data.slices.map(({ gpuMilli, microGpu }) => [gpuMilli, microGpu]));
    // Nothing fits beside an 810; two 470 share a GPU.
    expect(price.get(810)).toBe(1_000_000);
    expect(price.get(470)).toBe(500_000);
    expect(price.get(230)).toBeLessThanOrEqual(250_000);
    expect(found?.data.slices.reduce((sum, { demandPpm }) => sum + demandPpm, 0)).toBe(1_000_000);
    expect(found?.metadata.$correlationId).toBe(found?.metadata.$causationId);
  });

  it('are worked out again only when the mix has moved', async () => {
    const { ask, look, prices, solver } = bench();
    await ask(500, 10);
    await look();
    const asked = solver.asked;
    await look();
    await ask(500, 10);
    await look();
    expect(solver.asked).toBe(asked);
    await ask(330, 10);
    await look();
    expect((await prices()).map(({ data }) => data.version)).toEqual([1, 2]);
  });

  it('are not recorded where there is no answer, nor where no slices are asked for', async () => {
    const { ask, look, prices, solver } = bench();
    await ask(1_000, 3);
    await look();
    expect(solver.asked).toBe(0);
    await ask(500, 3);
    solver.hasAnswer = false;
    await look();
    expect(solver.asked).toBe(1);
    expect(await prices()).toEqual([]);
  });

  it('need no solver when the journal is run again', async () => {
    const { ask, look, journal, inbox } = bench();
    await ask(470, 4);
    await look();
    const state = fold(partitionDecider, (await journal()) as unknown as PartitionEvent[]);
    expect(state.shadow).toEqual((await inbox.state()).shadow);
    const { snapshot } = partitionDecider;
    const kept = snapshot?.fromJson(JSON.parse(JSON.stringify(snapshot.toJson(state))));
    expect(kept?.shadow).toEqual(state.shadow);
    expect([...(kept?.demand.counts.entries() ?? [])]).toEqual([...state.demand.counts.entries()]);
    expect(residualValues(state.shadow.slices)[999]).toBe(1_000_000);
  });
});
