import fc from 'fast-check';
import { PartitionNodeGone, StartsForeseen } from '@solyx/contracts/drm';
import { at, Journal, node, offer, only, over, prices, spec, T0, workload } from '../test/builders';
import { calibrationOf } from './calibration';
import { etaOf, foresee, startIntervals } from './eta';
import { millisOf } from './instants';

const seconds = (instant: string): number => (millisOf(instant) - T0) / 1_000;
const asked = { etaId: 'eta_1', organizationId: 'acme', workloadId: undefined, spec: undefined };

/** A fleet of one GPU whose work has so far run for `ran` seconds of at most an hour each, one after another. */
function used(ran: readonly number[]): { readonly journal: Journal; readonly now: number } {
  const journal = new Journal();
  journal.advance(0, prices(), node('n1', { gpus: 1 }));
  let now = 1;
  for (const [place, took] of ran.entries()) {
    journal.advance(now, workload(`old${place}`, { queued: now }));
    now += took;
    journal.advance(now, over(`old${place}`, now));
    now += 1;
  }
  return { journal, now };
}

describe('ETA', () => {
  it('says the maximum where nothing has ended yet', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 1 }), workload('a'), workload('b', { queued: 1 }));
    const eta = etaOf(journal.state, { ...asked, workloadId: 'b', at: at(10) });
    expect(eta.basis).toBe('maximum');
    expect(seconds(eta.start?.p50At ?? '')).toBe(3_600);
    expect(seconds(eta.end?.p90At ?? '')).toBe(7_200);
    expect(eta.sentence).toContain('start at 01:00:00 UTC');
    expect(eta.sentence).toContain('No such interval has been put to the test yet.');
  });

  it('learns from what ended, and widens with what varied', () => {
    const { journal, now } = used([600, 660, 700, 720, 900, 1_000, 1_200, 1_800]);
    journal.advance(now, workload('a', { queued: now }), workload('b', { queued: now }));
    const eta = etaOf(journal.state, { ...asked, workloadId: 'b', at: at(now) });
    expect(eta).toMatchObject({ phase: 'Waiting', basis: 'tenant-shape', observations: 8, simulated: true });
    const { p10At, p50At, p90At } = eta.start ?? { p10At: '', p50At: '', p90At: '' };
    expect(seconds(p10At) - now).toBeGreaterThanOrEqual(600);
    expect(seconds(p10At) - now).toBeLessThanOrEqual(760);
    expect(seconds(p50At) - now).toBeGreaterThanOrEqual(720);
    expect(seconds(p50At) - now).toBeLessThanOrEqual(910);
    expect(seconds(p90At) - now).toBeGreaterThanOrEqual(1_500);
    expect(seconds(p90At) - now).toBeLessThanOrEqual(2_100);
    expect(eta.sentence).toContain('8 ended runs of your own work of this shape');
  });

  it('answers for work that runs, for a spec, and for what it does not know', () => {
    const { journal, now } = used([600, 600, 600, 600, 600, 600, 600, 600]);
    journal.advance(now, workload('a', { queued: now }));
    const running = etaOf(journal.state, { ...asked, workloadId: 'a', at: at(now + 60) });
    expect(running.phase).toBe('Holding');
    expect(seconds(running.end?.p50At ?? '') - now).toBeGreaterThanOrEqual(600);
    const planned = etaOf(journal.state, { ...asked, spec: spec(), at: at(now + 60) });
    expect(planned.phase).toBe('Planned');
    expect(planned.workloadId).toBeUndefined();
    expect(seconds(planned.start?.p50At ?? '') - now).toBeGreaterThanOrEqual(600);
    expect(etaOf(journal.state, { ...asked, workloadId: 'nobody', at: at(now) }).phase).toBe('Unknown');
  });

  it('tells nobody about the work of another organization', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 1 }), workload('a'), workload('b', { queued: 1 }));
    const eta = etaOf(journal.state, { ...asked, organizationId: 'other', workloadId: 'b', at: at(1) });
    expect(eta.phase).toBe('Unknown');
    expect(eta.start).toBeUndefined();
  });

  it('counts on leases that are on their way', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 1 }), offer('o1', { bootSeconds: 90 }));
    journal.advance(0, workload('a'), workload('b', { queued: 1, gpus: 4 }));
    const eta = etaOf(journal.state, { ...asked, workloadId: 'b', at: at(10) });
    expect(seconds(eta.start?.p90At ?? '')).toBe(90);
  });

  it('has no start for what never fits', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 1 }), workload('big', { gpus: 16 }));
    const eta = etaOf(journal.state, { ...asked, workloadId: 'big', at: at(10) });
    expect(eta.start).toBeUndefined();
    expect(eta.sentence).toContain('solyx why');
  });

  it('is foreseen once for each that waits, and compared with when it starts', () => {
    const { journal, now } = used([600, 600, 600, 600, 600, 600, 600, 600]);
    journal.advance(
      now,
      workload('a', { queued: now }),
      workload('b', { queued: now }),
      workload('c', { queued: now }),
    );
    const said = foresee(journal.state, at(now));
    expect(said.starts.map(({ workloadId }) => workloadId)).toEqual(['b', 'c']);
    journal.advance(now, StartsForeseen(said));
    expect(foresee(journal.state, at(now)).starts).toEqual([]);
    journal.advance(now + 610, over('a', now + 610));
    expect(calibrationOf(journal.state.calibration)).toMatchObject({ starts: 1, coveredPerMille: 1_000 });
    journal.advance(now + 3_000, over('b', now + 3_000));
    expect(calibrationOf(journal.state.calibration)).toMatchObject({
      starts: 2,
      coveredPerMille: 500,
      laterPerMille: 500,
    });
    expect(journal.state.foreseen.size).toBe(0);
  });

  it('takes a repeat of what was foreseen for what it is', () => {
    const { journal, now } = used([600]);
    journal.advance(now, workload('a', { queued: now }), workload('b', { queued: now }));
    const said = StartsForeseen(foresee(journal.state, at(now)));
    expect(journal.advance(now, said)).toHaveLength(1);
    expect(journal.advance(now, said)).toHaveLength(0);
  });

  it('learns nothing from work that was cut short', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 1 }), workload('a'));
    journal.advance(5, PartitionNodeGone({ nodeId: 'n1', reason: 'NodeLost', at: at(5) }));
    expect(journal.state.durations.size).toBe(0);
  });

  it('holds intervals of about eight in ten over a queue whose work varies tenfold', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 4 }));
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const ends = new Map<string, number>();
    let now = 1;
    for (let arrival = 0; arrival < 600; arrival += 1) {
      const arrivesAt = now + 150 + random(140);
      // What ends before the next arrival ends when it does.
      for (;;) {
        const [next] = [...ends].filter(([, end]) => end < arrivesAt).sort(([, a], [, b]) => a - b);
        if (!next) break;
        ends.delete(next[0]);
        for (const { allocation } of only(
          journal.advance(next[1], over(next[0], next[1])),
          'drm.partition.allocation-granted',
        )) {
          ends.set(allocation.workloadId, next[1] + 60 + random(900));
        }
      }
      now = arrivesAt;
      const granted = only(
        journal.advance(now, workload(`w${arrival}`, { queued: now, gpus: 1 + random(2) })),
        'drm.partition.allocation-granted',
      );
      for (const { allocation } of granted) ends.set(allocation.workloadId, now + 60 + random(900));
      const said = foresee(journal.state, at(now));
      if (said.starts.length > 0) journal.advance(now, StartsForeseen(said));
    }
    const { starts, coveredPerMille } = calibrationOf(journal.state.calibration);
    expect(starts).toBeGreaterThan(100);
    expect(coveredPerMille).toBeGreaterThan(650);
    expect(coveredPerMille).toBeLessThan(950);
  });

  it('keeps the three quantiles in order, and never lies in the past', () => {
    const jobs = fc.array(
      fc.record({
        gpus: fc.integer({ min: 1, max: 4 }),
        runtime: fc.constantFrom(60, 600, 3_600),
        took: fc.integer({ min: 1, max: 60 }),
        priority: fc.constantFrom(10, 50, 90),
      }),
      { minLength: 2, maxLength: 20 },
    );
    fc.assert(
      fc.property(jobs, (list) => {
        const journal = new Journal();
        journal.advance(0, prices(), node('n1', { gpus: 4 }));
        let now = 1;
        for (const [place, { took, ...options }] of list.entries()) {
          journal.advance(now, workload(`w${place}`, { ...options, queued: now }));
          if (place % 2 === 0) {
            now += took;
            journal.advance(now, over(`w${place}`, now));
          }
        }
        const wanted = new Set(journal.state.order);
        for (const { p10At, p50At, p90At } of startIntervals(journal.state, at(now), wanted).values()) {
          expect(p10At >= at(now) && p10At <= p50At && p50At <= p90At).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});
