import fc from 'fast-check';
import { Candidates, NEVER } from './candidates';

const filled = (scores: readonly number[]): Candidates => {
  const made = new Candidates(scores.length);
  scores.forEach((score, at) => (made.scores[at] = score));
  made.build();
  return made;
};

const ranked = (scores: readonly number[]): readonly number[] =>
  [...scores.keys()].filter((at) => scores[at] !== NEVER).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);

const anyScore = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(NEVER));

describe('Candidates', () => {
  it('has none where no node can serve', () => {
    const none = filled([NEVER, NEVER]);
    expect([none.best, none.first(3), none.fitting]).toEqual([-1, [], 0]);
    expect(new Candidates(0).best).toBe(-1);
  });

  it('takes the earlier of equals', () => {
    expect(filled([1, 5, 5, 2]).best).toBe(1);
    expect(filled([1, 5, 5, 2]).first(3)).toEqual([1, 2, 3]);
  });

  it('orders as a sort would, whatever changed in which order', () => {
    const change = fc.tuple(fc.nat(20), anyScore);
    fc.assert(
      fc.property(fc.array(anyScore, { minLength: 1, maxLength: 21 }), fc.array(change), (scores, changes) => {
        const candidates = filled(scores);
        const now = [...scores];
        for (const [place, score] of changes) {
          const at = place % now.length;
          now[at] = score;
          candidates.update(at, score);
        }
        const wanted = ranked(now);
        expect(candidates.first(5)).toEqual(wanted.slice(0, 5));
        expect(candidates.best).toBe(wanted[0] ?? -1);
        expect(candidates.fitting).toBe(wanted.length);
      }),
    );
  });
});
