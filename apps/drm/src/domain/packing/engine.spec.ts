import fc from 'fast-check';
import { propertyRuns } from '@solyx/testing';
import { anyMix, anyNodes, anyShape, learnt, packNode, shape } from '../../test/packing';
import { ALL } from './appraisal';
import { NEVER } from './candidates';
import { Packing, type Choice, type Terms } from './engine';
import type { PackNode, PackShape } from './columns';
import type { Mix } from './mix';
import { SHADOW_PRICE } from './weights';

const everywhere = (of: PackShape): Terms => ({ shape: of, allowed: () => true });

interface Held extends Choice {
  readonly shape: PackShape;
}

const RUNS = propertyRuns(300);

/** Where a whole engine is made in each run, with all that it has. */
const FEWER = { numRuns: 40 };

/** Without the knapsack over cores, which costs more than all the rest of a small engine. */
const quickly = (mix: Mix) => learnt({ mix, prices: { ...learnt().prices, cpuScarcity: 0 } });

const anySteps = fc.array(fc.tuple(anyShape, fc.nat(9)), { maxLength: 40 });

/** Places what it can, and now and then gives something back. */
function run(engine: Packing, steps: readonly (readonly [PackShape, number])[]): Held[] {
  const held: Held[] = [];
  for (const [one, chance] of steps) {
    const choice = engine.choose(engine.view(everywhere(one)));
    if (choice) {
      engine.take(choice.at, one, choice.gpus);
      held.push({ ...choice, shape: one });
    }
    const back = chance < 3 ? held.splice(chance, 1)[0] : undefined;
    if (back) engine.giveBack(back.at, back.shape, back.gpus);
  }
  return held;
}

describe('Packing', () => {
  it('puts a share where what it leaves is worth most', () => {
    const engine = new Packing([packNode(2)], learnt());
    const of = shape(1, 470);
    engine.take(0, of, [1]);
    expect(engine.choose(engine.view(everywhere(of)))?.gpus).toEqual([1]);
    // 300 would waste the 530 that another 470 fits in; on the whole GPU it leaves 700.
    engine.sync(0, { gpuFree: [1000, 530], cpuFree: 90_000, memoryFree: 300_000 });
    expect(engine.choose(engine.view(everywhere(shape(1, 60))))?.gpus).toEqual([1]);
  });

  it('answers nothing where nothing has room', () => {
    const engine = new Packing([packNode(1)], learnt());
    expect(engine.choose(engine.view(everywhere(shape(2))))).toBeUndefined();
    expect(engine.choose(engine.view({ shape: shape(1), allowed: () => false }))).toBeUndefined();
  });

  it('takes the earlier of equal nodes', () => {
    const engine = new Packing([packNode(2), packNode(2), packNode(2)], learnt());
    expect(engine.choose(engine.view(everywhere(shape(2))))?.at).toBe(0);
  });

  it('uses only the GPUs that may be used, and adds what else is said of a node', () => {
    const engine = new Packing([packNode(4), packNode(4)], learnt());
    const odd: Terms = { ...everywhere(shape(2)), usable: () => 0b1010, fixed: (at) => at * 1_000_000_000 };
    const view = engine.view(odd);
    expect(engine.choose(view)).toMatchObject({ at: 1, gpus: [1, 3] });
    const plain = engine.scoreOf(shape(2), 1, ALL);
    expect(engine.scoreAt(view, 1)).toBe(plain + 1_000_000_000);
    expect(engine.choose(engine.view({ ...odd, shape: shape(3) }))).toBeUndefined();
  });

  it('forgets its scores when it learns other prices', () => {
    const engine = new Packing([packNode(8), packNode(8, { model: 'B' })], learnt());
    const view = engine.view(everywhere(shape(1)));
    expect(engine.choose(view)?.at).toBe(1);
    const { prices } = learnt();
    engine.learn(learnt({ prices: { ...prices, scarcity: [0, 900, 0] } }));
    expect(engine.choose(view)?.at).toBe(0);
  });

  it('never holds more than there is, per GPU, of CPU, of memory', () => {
    fc.assert(
      fc.property(anyNodes, anyMix, anySteps, (nodes, mix, steps) => {
        const engine = new Packing(nodes, quickly(mix));
        const held = run(engine, steps);
        nodes.forEach((node, at) => {
          const here = held.filter((one) => one.at === at);
          const sum = (of: (one: Held) => number): number => here.reduce((total, one) => total + of(one), 0);
          expect(sum((one) => one.shape.cpuMilli)).toBeLessThanOrEqual(node.cpuMilli);
          expect(sum((one) => one.shape.memoryMiB)).toBeLessThanOrEqual(node.memoryMiB);
          for (let gpu = 0; gpu < node.gpus; gpu += 1) {
            expect(sum((one) => (one.gpus.includes(gpu) ? one.shape.gpuMilli : 0))).toBeLessThanOrEqual(1000);
          }
          for (const one of here) {
            expect(new Set(one.gpus).size).toBe(one.shape.gpus);
            for (const gpu of one.gpus) expect(gpu).toBeLessThan(node.gpus);
          }
        });
      }),
      RUNS,
    );
  });

  it('has scores that are whole numbers and the sum of their terms', () => {
    const powered = { ...SHADOW_PRICE.share, power: 3000 };
    const weights = { ...SHADOW_PRICE, share: powered, whole: { ...powered, breaks: -15 } };
    fc.assert(
      fc.property(anyNodes, anyMix, anySteps, anyShape, (nodes, mix, steps, of) => {
        const engine = new Packing(nodes, learnt({ mix }, weights));
        run(engine, steps);
        nodes.forEach((_, at) => {
          const score = engine.scoreOf(of, at, ALL);
          if (score === NEVER) return;
          expect(Number.isSafeInteger(score)).toBe(true);
          const terms = engine.termsOf(of, at, ALL);
          for (const { value } of terms) expect(Number.isSafeInteger(value)).toBe(true);
          expect(terms.reduce((sum, { value }) => sum + value, 0)).toBe(score);
        });
      }),
      FEWER,
    );
  });

  it('chooses after any history what a new engine over the same nodes chooses', () => {
    fc.assert(
      fc.property(anyNodes, anyMix, anySteps, anyShape, (nodes, mix, steps, of) => {
        const engine = new Packing(nodes, learnt({ mix }));
        const view = engine.view(everywhere(of));
        engine.choose(view);
        run(engine, steps);
        const fresh = new Packing(nodes, learnt({ mix }));
        nodes.forEach((_, at) => fresh.sync(at, engine.columns.freeOn(at)));
        const again = fresh.view(everywhere(of));
        expect(engine.best(view, 4)).toEqual(fresh.best(again, 4));
        expect(engine.fitting(view)).toBe(fresh.fitting(again));
        nodes.forEach((_, at) => expect(engine.scoreAt(view, at)).toBe(fresh.scoreAt(again, at)));
      }),
      FEWER,
    );
  });

  it('chooses the same nodes whatever order they are listed in, ties apart', () => {
    const named = (nodes: readonly PackNode[]): readonly (PackNode & { readonly name: number })[] =>
      nodes.map((node, name) => ({ ...node, name }));
    fc.assert(
      fc.property(anyNodes, anyShape, (nodes, of) => {
        const listed = named(nodes);
        const reversed = [...listed].reverse();
        const scores = (some: typeof listed): Map<number, number> => {
          const engine = new Packing(some, learnt());
          const view = engine.view(everywhere(of));
          return new Map(some.map(({ name }, at) => [name, engine.scoreAt(view, at)]));
        };
        const one = scores(listed);
        for (const [name, score] of scores(reversed)) expect(score).toBe(one.get(name));
      }),
      FEWER,
    );
  });

  it('keeps going when its log of changes is full', () => {
    const engine = new Packing([packNode(1), packNode(1)], learnt());
    const of = shape(1);
    const view = engine.view(everywhere(of));
    for (let round = 0; round < 40_000; round += 1) {
      engine.take(0, of, [0]);
      if (round % 10_000 === 0) expect(engine.choose(view)?.at).toBe(1);
      engine.giveBack(0, of, [0]);
    }
    expect(engine.choose(view)?.at).toBe(0);
  });
});
