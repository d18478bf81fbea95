import { PolicyAdopted } from '@solyx/contracts/drm';
import { at, Journal, node, only, over, placedOn, prices, workload, type WorkloadOptions } from '../../test/builders';
import { SHADOW_PRICE } from '../policy';

const ASKED = 'drm.partition.preemption-requested';

/** Nodes of two GPUs, a workload on each: one GPU is free on each, no node is. */
function scattered(options: WorkloadOptions, nodes = 3): Journal {
  const places = Array.from({ length: nodes }, (_, place) => place + 1);
  const journal = new Journal();
  journal.advance(0, prices(), PolicyAdopted({ policy: SHADOW_PRICE.id, at: at(0) }));
  for (const place of places) {
    // One node at a time, so that each has its own work.
    journal.advance(place, node(`n${place}`, { gpus: 2, joined: place }));
    journal.advance(place, workload(`fill${place}`, { gpus: 1, queued: place, runtime: 100_000 }));
    journal.advance(place, workload(`w${place}`, { gpus: 1, queued: place, runtime: 100_000, ...options }));
  }
  for (const place of places) journal.advance(place + 10, over(`fill${place}`, place + 10));
  return journal;
}
const movable = { change: { checkpointSeconds: 60, minRuntimeSeconds: 30 } };
const large = (second: number, runtime = 3_600): Parameters<Journal['advance']>[1] =>
  workload('large', { gpus: 2, queued: second, runtime, priority: 50 });

describe('Consolidation', () => {
  it('moves what may be moved out of the way of large work, and says what it costs and brings', () => {
    const journal = scattered(movable);
    expect(['w1', 'w2', 'w3'].map((id) => placedOn(journal.state, id)[0])).toEqual(['n1', 'n2', 'n3']);
    const [request, ...others] = only(journal.advance(100, large(100)), ASKED);
    expect(others).toEqual([]);
    expect(request).toMatchObject({ reason: 'Consolidated', forWorkloadId: 'large' });
    const terms = new Map(request?.terms?.map(({ term, value }) => [term, value]));
    expect(terms.get('room-gained')).toBe(2 * 1_000_000 * 3_600);
    expect(terms.get('lost-work')).toBeLessThan(0);
    const moved = request!.workloadId;
    const home = placedOn(journal.state, moved);
    const again = workload(moved, { gpus: 1, attempt: 2, queued: 1, runtime: 100_000, ...movable });
    journal.advance(110, over(moved, 110), again);
    expect(placedOn(journal.state, 'large')).toEqual(home);
    expect(placedOn(journal.state, moved)).not.toEqual(home);
    expect(placedOn(journal.state, moved)).toHaveLength(1);
  });

  it('leaves alone what neither keeps checkpoints nor runs as spot, and what has just started', () => {
    expect(only(scattered({}).advance(100, large(100)), ASKED)).toEqual([]);
    const young = scattered({ change: { checkpointSeconds: 60, minRuntimeSeconds: 3_600 } });
    expect(only(young.advance(100, large(100)), ASKED)).toEqual([]);
  });

  it('moves nothing where it is not worth it', () => {
    expect(only(scattered(movable).advance(100, large(100, 30)), ASKED)).toEqual([]);
  });

  it('moves nothing that has nowhere to go', () => {
    const journal = scattered(movable);
    journal.advance(
      50,
      workload('x', { queued: 50, runtime: 100_000 }),
      workload('y', { queued: 51, runtime: 100_000 }),
    );
    expect(only(journal.advance(100, large(100)), ASKED)).toEqual([]);
  });

  it('moves at most twelve an hour', () => {
    const journal = scattered(movable, 30);
    let moves = 0;
    for (let second = 100; second < 1_600; second += 100) {
      const asked = only(journal.advance(second, workload(`large${second}`, { gpus: 2, queued: second })), ASKED);
      moves += asked.length;
      for (const { workloadId, attempt } of asked) {
        const next = { gpus: 1, attempt: attempt + 1, queued: 1, runtime: 100_000, ...movable };
        journal.advance(second + 1, over(workloadId, second + 1, attempt), workload(workloadId, next));
      }
    }
    expect(moves).toBe(12);
    // An hour after the first of them another one may move.
    expect(only(journal.tick(3_699), ASKED)).toEqual([]);
    expect(only(journal.tick(3_701), ASKED)).toHaveLength(1);
  });
});
