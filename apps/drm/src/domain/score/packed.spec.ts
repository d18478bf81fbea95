import fc from 'fast-check';
import {
  AllocationGranted,
  PartitionNodeJoined,
  PartitionNodeProcured,
  PolicyAdopted,
  ShadowPricesObserved,
} from '@solyx/contracts/drm';
import { at, Journal, node, only, over, prices, workload, type WorkloadOptions } from '../../test/builders';
import {
  Packing,
  residualValues,
  scarcityOf,
  coresPerGpuOf,
  cpuScarcityOf,
  SHADOW_PRICE,
  type PackShape,
} from '../packing';
import { SHADOW_PRICE as POLICY, SHADOW_PRICE_POWER } from '../policy';
import { replayDecisions } from '../replay-decisions';

const GRANTED = 'drm.partition.allocation-granted';
const SLICES = [
  { gpuMilli: 470, microGpu: 500_000, demandPpm: 500_000 },
  { gpuMilli: 810, microGpu: 1_000_000, demandPpm: 500_000 },
];
const FLEET: readonly PartitionNodeJoined[] = [
  ...['a', 'b', 'c'].map((name) => node(name, { gpus: 8, model: 'A100', cpuMilli: 96_000 })),
  ...['d', 'e'].map((name) => node(name, { gpus: 2, model: 'T4', cpuMilli: 104_000 })),
];

const adopted = PolicyAdopted({ policy: POLICY.id, at: at(0) });
const priced = ShadowPricesObserved({ version: 1, slices: SLICES, solver: 'none', at: at(0) });

const journal = (nodes: readonly PartitionNodeJoined[] = FLEET): Journal => {
  const one = new Journal();
  one.advance(0, prices(), adopted, priced, ...nodes);
  return one;
};

const anyJob: fc.Arbitrary<WorkloadOptions> = fc.constantFrom<WorkloadOptions>(
  { gpus: 1, gpuMilli: 470, cpuMilli: 8_000 },
  { gpus: 1, gpuMilli: 810, cpuMilli: 4_000 },
  { gpus: 1, gpuMilli: 160, cpuMilli: 2_000 },
  { gpus: 1, cpuMilli: 11_000 },
  { gpus: 2, cpuMilli: 16_000 },
  { gpus: 8, cpuMilli: 64_000 },
  { gpus: 0, cpuMilli: 12_000 },
);

const shapeOf = ({ gpus = 1, gpuMilli = 1000, cpuMilli = 0 }: WorkloadOptions): PackShape => ({
  gpus,
  gpuMilli: gpus === 0 ? 0 : gpuMilli,
  cpuMilli,
  memoryMiB: 1_024,
});

type Grant = AllocationGranted['data'];

/** What is granted to one more workload at once; where nothing is, it goes away again. */
function grantedTo(one: Journal, options: WorkloadOptions, place: number): Grant | undefined {
  const name = `w${place}`;
  const [grant] = only(one.advance(place + 1, workload(name, { ...options, queued: place + 1 })), GRANTED);
  if (!grant) one.advance(place + 1, over(name, place + 1));
  return grant;
}

const granted = (one: Journal, jobs: readonly WorkloadOptions[]): (Grant | undefined)[] =>
  jobs.map((options, place) => grantedTo(one, options, place));

describe('A schedule that packs', () => {
  it('places as the bare engine does', () => {
    fc.assert(
      fc.property(fc.array(anyJob, { maxLength: 40 }), (jobs) => {
        const one = journal();
        const models = FLEET.map(({ data }) => data.facts.gpus[0]?.model ?? '');
        const capacity = new Map([
          ['A100', 24_000],
          ['T4', 4_000],
        ]);
        const learnt = () => {
          const { mix } = one.state;
          const scarcity = scarcityOf(mix, capacity);
          return {
            mix,
            weights: SHADOW_PRICE,
            prices: {
              residual: residualValues(SLICES),
              scarcity: ['A100', 'T4'].map((model) => scarcity.get(model) ?? 0),
              watts: [0, 0],
              cpuScarcity: cpuScarcityOf(mix, { cpuMilli: 3 * 96_000 + 2 * 104_000, gpuMilli: 28_000 }),
              coreMilliPerGpu: coresPerGpuOf(mix, SHADOW_PRICE),
            },
          };
        };
        const pack = FLEET.map(({ data: { facts } }, place) => ({
          cpuMilli: facts.cpuMilli,
          memoryMiB: facts.memoryMiB,
          gpus: facts.gpus.length,
          model: models[place] ?? '',
        }));
        const engine = new Packing(pack, learnt());
        jobs.forEach((options, place) => {
          const grant = grantedTo(one, options, place);
          engine.learn(learnt());
          const of = shapeOf(options);
          const choice = engine.choose(engine.view({ shape: of, allowed: () => true }));
          const [share] = grant?.allocation.shares ?? [];
          expect(share?.nodeId).toBe(choice && FLEET[choice.at]?.data.terms.nodeId);
          if (!choice || !share) return;
          expect(share.gpuIndexes).toEqual(choice.gpus);
          engine.take(choice.at, of, choice.gpus);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('says with each candidate what its score is made of', () => {
    fc.assert(
      fc.property(fc.array(anyJob, { maxLength: 20 }), (jobs) => {
        for (const grant of granted(journal(), jobs)) {
          expect(grant?.policy ?? POLICY.id).toBe('shadow-price/1');
          for (const { verdict, score, terms } of grant?.candidates ?? []) {
            if (verdict === 'rejected') continue;
            expect(terms.reduce((sum, { value }) => sum + value, 0)).toBe(score);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('decides the same whatever order nodes joined in', () => {
    fc.assert(
      fc.property(
        fc.array(anyJob, { maxLength: 20 }),
        fc.shuffledSubarray([...FLEET], { minLength: 5 }),
        (jobs, other) => expect(granted(journal(other), jobs)).toEqual(granted(journal(), jobs)),
      ),
      { numRuns: 30 },
    );
  });

  it('decides the same once its journal is replayed', () => {
    const one = journal();
    granted(one, [{ gpuMilli: 470 }, { gpus: 8 }, { gpus: 0 }, { gpuMilli: 470 }, { gpus: 2 }]);
    expect(replayDecisions(one.events)).toMatchObject({ differing: 0 });
  });

  it('goes where it draws the fewest more watts, where they have a price and the fleet is not full', () => {
    const purchase = (nodeId: string, maxWatts: number): PartitionNodeProcured =>
      PartitionNodeProcured({
        nodeId,
        procurement: {
          purchaseMicroUsd: '1000000',
          purchasedAt: at(0),
          lifetimeMonths: 36,
          method: 'straight-line',
          idleWatts: 100,
          maxWatts,
        },
        at: at(0),
      });
    const fleet = [node('a', { model: 'T4' }), node('b', { model: 'V100' })];
    const placedBy = (policy: string, wattsOfA: number): string | undefined => {
      const one = new Journal();
      const watts = [purchase('a', wattsOfA), purchase('b', 1_000)];
      one.advance(0, prices(), PolicyAdopted({ policy, at: at(0) }), ...fleet, ...watts);
      return grantedTo(one, { gpus: 1 }, 1)?.allocation.shares[0]?.nodeId;
    };
    expect(placedBy(POLICY.id, 9_000)).toBe('a');
    expect(placedBy(SHADOW_PRICE_POWER.id, 9_000)).toBe('b');
    expect(placedBy(SHADOW_PRICE_POWER.id, 500)).toBe('a');
  });

  it('fills a GPU with two halves before it opens another', () => {
    const [first, second] = granted(journal(), [{ gpuMilli: 470 }, { gpuMilli: 470 }]);
    const placed = (grant: Grant | undefined): unknown[] =>
      grant?.allocation.shares.map(({ nodeId, gpuIndexes }) => [nodeId, gpuIndexes]) ?? [];
    expect(placed(second)).toEqual(placed(first));
    expect(second?.candidates[0]?.terms.map(({ term }) => term)).toContain('room');
  });
});
