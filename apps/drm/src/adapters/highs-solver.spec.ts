import { patternProgram, plainPatterns } from '../domain/packing/patterns';
import { HighsSolver } from './highs-solver';

describe('HighsSolver', () => {
  const solver = new HighsSolver();
  afterAll(() => solver.onApplicationShutdown());

  it('finds the best and its dual prices', async () => {
    const found = await solver.solve(patternProgram([3, 4], [...plainPatterns([50, 25]), [1, 2]]));
    // One GPU for two halves, and two for a half and two quarters each: a half costs half a GPU, a quarter a quarter.
    expect(found?.objective).toBeCloseTo(2.5, 9);
    expect(found?.duals[0]).toBeCloseTo(0.5, 9);
    expect(found?.duals[1]).toBeCloseTo(0.25, 9);
  });

  it('answers questions that come at once each with its own', async () => {
    const questions = [1, 2, 3, 4].map((need) => solver.solve(patternProgram([need], [[1]])));
    expect((await Promise.all(questions)).map((found) => Math.round(found?.objective ?? 0))).toEqual([1, 2, 3, 4]);
  });

  it('says when there is no answer', async () => {
    expect(await solver.solve({ atLeast: [1], columns: [{ cost: 1, gives: [0] }] })).toBeUndefined();
  });

  it('refuses what is too large', async () => {
    const rows = Array.from({ length: 257 }, () => 1);
    await expect(solver.solve(patternProgram(rows, [rows]))).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('tells who waits when it ends, and starts again for who comes next', async () => {
    const waiting = solver.solve(patternProgram([1], [[1]]));
    const told = expect(waiting).rejects.toMatchObject({ code: 'Unavailable' });
    await solver.onApplicationShutdown();
    await told;
    expect((await solver.solve(patternProgram([7], [[1]])))?.objective).toBeCloseTo(7, 9);
  });
});
