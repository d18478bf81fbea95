import { PersistentMap, type Command, type Decider, type DomainEvent } from '@solyx/kernel';
import { defineProjection } from '@solyx/eventing';
import { billingContext } from '@solyx/billing';
import { dispatchDecider, jobDecider } from '@solyx/cmo';
import type { PartitionState } from '@solyx/drm';
import { Plane, type Mutant } from './plane/plane';
import { Run } from './run';
import { scenarioOf } from './scenario/scenario';

type AnyDecider = Decider<Command, unknown, DomainEvent, string>;
type Break = (event: DomainEvent, command: Command) => readonly DomainEvent[];

const MINUTES = 60_000;
const SEEDS = 24;

/** A decider that decides something else. */
const deciding = (name: string, change: Break): Mutant => ({
  mutate: (given) => {
    const decider = given as unknown as AnyDecider;
    if (decider.name !== name) return given;
    const decide: AnyDecider['decide'] = (command, state) => {
      const decision = decider.decide(command, state);
      if (!decision.accepted) return decision;
      return { accepted: true, events: decision.events.flatMap((event) => change(event, command)) };
    };
    return { ...decider, decide } as unknown as typeof given;
  },
});

const changed = (event: DomainEvent, change: (data: never) => object): DomainEvent => ({
  ...event,
  data: { ...(event.data as object), ...change(event.data as never) },
});

interface Shares {
  readonly allocation: { readonly shares: readonly { readonly gpuIndexes: readonly number[] }[] };
}

/** Everything on the first GPU of each node. */
const crowded = deciding('drm.partition', (event) => {
  if (event.type !== 'drm.partition.allocation-granted') return [event];
  const onFirst = ({ allocation }: Shares): object => ({
    allocation: {
      ...allocation,
      shares: allocation.shares.map((share) => ({ ...share, gpuIndexes: share.gpuIndexes.map(() => 0) })),
    },
  });
  return [changed(event, onFirst)];
});

/** Some releases are never decided. */
const forgetful = deciding('drm.partition', (event) => {
  const { allocationId = '' } = event.data as { readonly allocationId?: string };
  return event.type === 'drm.partition.allocation-released' && allocationId < 'alloc_h' ? [] : [event];
});

/** One micro-dollar too much, on one side of the ledger. */
const dear = deciding('billing.account', (event) => {
  if (event.type !== 'billing.account.charge-posted') return [event];
  const more = ({ postings }: { readonly postings: readonly { readonly amountMicroUsd: string }[] }): object => ({
    postings: postings.map((posting, place) =>
      place === 0 ? { ...posting, amountMicroUsd: String(BigInt(posting.amountMicroUsd) + 1n) } : posting,
    ),
  });
  return [changed(event, more)];
});

/** A balanced bill that is wrong: every amount is what it should be, and one more. */
const generous = deciding('billing.account', (event) => {
  if (event.type !== 'billing.account.charge-posted') return [event];
  const more = ({ totalMicroUsd }: { readonly totalMicroUsd: string }): object => ({
    totalMicroUsd: String(BigInt(totalMicroUsd) + 1n),
  });
  return [changed(event, more)];
});

/** A hold is never refused. */
const lavish: Mutant = {
  mutate: (given) => {
    const decider = given as unknown as AnyDecider;
    if (decider.name !== 'billing.budget') return given;
    const decide: AnyDecider['decide'] = (command, state) =>
      decider.decide(command, command.type === 'PlaceHold' ? { ...(state as object), limit: undefined } : state);
    return { ...decider, decide } as unknown as typeof given;
  },
};

/** Holds of jobs that were cancelled are forgotten. */
const stingy = deciding('billing.budget', (event) => (event.type === 'billing.budget.hold-released' ? [] : [event]));

/** Decides without looking at what is known: a repeat is a new assignment. */
const amnesiac: Mutant = {
  mutate: (given) => {
    const decider = given as unknown as AnyDecider;
    if (decider.name !== dispatchDecider.name) return given;
    const decide: AnyDecider['decide'] = (command) => decider.decide(command, decider.initial);
    return { ...decider, decide } as unknown as typeof given;
  },
};

/** What has ended goes on. */
const undead: Mutant = {
  mutate: (given) => {
    const decider = given as unknown as AnyDecider;
    if (decider.name !== jobDecider.name) return given;
    const evolve: AnyDecider['evolve'] = (state, event) =>
      event.type === 'cmo.job.succeeded' ? state : decider.evolve(state, event);
    return { ...decider, evolve } as unknown as typeof given;
  },
};

/** Minimum runtimes are over before they begin. */
const hasty: Mutant = {
  mutate: (given) => {
    const decider = given as unknown as AnyDecider;
    if (decider.name !== 'drm.partition') return given;
    const rash = (state: PartitionState): PartitionState => {
      const held = [...state.held.entries()].map(
        ([id, one]) => [id, { ...one, stake: { ...one.stake, safeUntil: 0 } }] as const,
      );
      return { ...state, held: PersistentMap.of(held) };
    };
    const decide: AnyDecider['decide'] = (command, state) => decider.decide(command, rash(state as PartitionState));
    return { ...decider, decide } as unknown as typeof given;
  },
};

/** Whoever is asked to leave is asked twice. */
const nagging = deciding('drm.partition', (event) =>
  event.type === 'drm.partition.preemption-requested' ? [event, event] : [event],
);

/** The invariants that were found violated, over some seeds. */
async function findings(mutant: Mutant): Promise<readonly string[]> {
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const { violation } = await new Run(scenarioOf(seed), mutant).play();
    if (violation) return [violation.invariant];
  }
  return [];
}

describe('What is broken on purpose is found:', () => {
  it.each([
    ['a scheduler that gives one GPU to many', crowded, 'no GPU-milli is held twice'],
    ['a scheduler that forgets releases', forgetful, undefined],
    ['a scheduler that does not wait for minimum runtimes', hasty, 'nobody is preempted before its minimum runtime'],
    ['a scheduler that asks twice', nagging, 'an eviction is of somebody who runs, once, for somebody who waits'],
    ['a ledger that does not balance', dear, 'the ledger sums to zero'],
    ['a bill that balances and is wrong', generous, 'charges equal metered intervals'],
    ['a budget that nobody checks', lavish, 'no budget is overshot'],
    ['a hold that is never freed', stingy, 'every hold is freed'],
    ['a task that is assigned as often as it is told', amnesiac, 'a task is assigned once'],
    ['a job that goes on after its end', undead, undefined],
  ] as const)(
    '%s',
    async (_what, mutant, invariant) => {
      const [found] = await findings(mutant);
      if (invariant === undefined) expect(found).toBeDefined();
      else expect(found).toBe(invariant);
    },
    10 * MINUTES,
  );

  it(
    'a view that depends on when it is folded',
    async () => {
      let folds = 0;
      const moody = defineProjection<{ type: 'cmo.job.queued'; data: { jobId: string } }, { folds: number }>({
        ...{ name: 'billing_moody', version: 1, key: ({ data }) => data.jobId, initial: { folds: 0 } },
        on: {
          'cmo.job.queued': () => {
            folds += 1;
            return { folds };
          },
        },
      });
      const run = new Run(scenarioOf(0), { projections: { [billingContext.context]: [moody] } });
      expect(run.plane).toBeInstanceOf(Plane);
      const { violation } = await run.play();
      expect(violation?.invariant).toBe('rebuilt state equals live');
    },
    5 * MINUTES,
  );
});
