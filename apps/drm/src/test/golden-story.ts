import {
  AdviceObserved,
  AutonomyObserved,
  PartitionLeaseEnded,
  PartitionNodeCordoned,
  PartitionNodeGone,
  PartitionNodeJoined,
} from '@solyx/contracts/drm';
import { factsOfLease, termsOfLease } from '../domain/leasing';
import type { PartitionInput } from '../domain/partition-events';
import { at, Journal, node, offer, over, prices, route, routes, workload } from './builders';

/** Whole numbers below a bound, the same on every machine. */
export function dice(seed: number): (below: number) => number {
  let state = BigInt(seed);
  return (below) => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    return Number((state >> 33n) % BigInt(below));
  };
}

/** What happens in one step, besides the work that comes. */
function events(journal: Journal, seconds: number, roll: (below: number) => number): PartitionInput[] {
  const inputs: PartitionInput[] = [];
  const held = [...journal.state.held.keys()].sort();
  for (let i = roll(4); i > 0 && held.length > 0; i -= 1) {
    const [id = ''] = held.splice(roll(held.length), 1);
    inputs.push(over(id, seconds, journal.state.held.get(id)?.allocation.attempt ?? 1));
  }
  for (const { leaseId, offer: leased, phase, nodeId } of [...journal.state.leases.values()]) {
    if (phase === 'pending' && roll(2) === 0) {
      const isDelivered = roll(5) > 0;
      inputs.push(
        isDelivered
          ? PartitionNodeJoined({
              terms: termsOfLease(leaseId, leased),
              facts: factsOfLease(leaseId, leased),
              at: at(seconds),
            })
          : PartitionLeaseEnded({ leaseId, reason: 'LessorFailed', at: at(seconds) }),
      );
    }
    if (phase === 'releasing') {
      inputs.push(PartitionNodeGone({ nodeId, reason: 'LeaseEnded', at: at(seconds) }));
      inputs.push(PartitionLeaseEnded({ leaseId, reason: 'LeaseIdle', at: at(seconds) }));
    }
  }
  if (roll(12) === 0) inputs.push(PartitionNodeGone({ nodeId: 'n2', reason: 'NodeLost', at: at(seconds) }));
  if (roll(8) === 0) inputs.push(node('n2', { gpus: 4, joined: seconds, terms: { site: 'far', region: 'us' } }));
  if (roll(30) === 0) inputs.push(PartitionNodeCordoned({ nodeId: 'n4', at: at(seconds) }));
  if (roll(10) === 0) {
    const advice = { adviceId: `a${seconds}`, action: 'lease' as const, count: 1, level: 'act' as const };
    inputs.push(AdviceObserved({ ...advice, at: at(seconds) }));
  }
  inputs.push(
    offer('o1', {
      available: roll(3),
      gpusPerNode: 4,
      observedAt: at(seconds),
      freshUntil: at(seconds + 300),
      minimumSeconds: 60,
      site: 'far',
      region: 'us-west',
    }),
  );
  return inputs;
}

/** The part of the fleet and the market that all stories share. */
export const opening = (): readonly PartitionInput[] => [
  prices(),
  routes(route('far', 'home'), route('home', 'far', 30_000)),
  node('n1', { gpus: 8 }),
  node('n2', { gpus: 4, terms: { site: 'far', region: 'us' } }),
  node('n3', { gpus: 4, model: 'A100' }),
  node('n4', { gpus: 2, cpuMilli: 8_000 }),
  AutonomyObserved({
    level: 'act',
    killSwitch: false,
    limits: { leasedNodesMax: 4, leaseMicroUsdPerHourMax: '90000000', leasesPerHourMax: 5 },
    at: at(0),
  }),
];

/** A story of work that comes and goes, nodes that are lost, leases and advice; `extra` adds to each step. */
export function tell(
  seed: number,
  steps: number,
  extra: (step: number, seconds: number, roll: (below: number) => number) => readonly PartitionInput[] = () => [],
): Journal {
  const journal = new Journal();
  const roll = dice(seed);
  journal.advance(0, ...opening(), ...extra(0, 0, roll));
  let seconds = 1;
  let count = 0;
  for (let step = 1; step <= steps; step += 1) {
    seconds += 1 + roll(120);
    const work = Array.from({ length: roll(4) }, () => {
      count += 1;
      const data = roll(4) === 0 ? [{ uri: `s3://d${roll(3)}`, site: 'far', sizeGiB: roll(50) }] : [];
      return workload(`w${String(count).padStart(4, '0')}`, {
        gpus: roll(5),
        gpuMilli: roll(3) === 0 ? 500 : 1_000,
        nodes: roll(6) === 0 ? 2 : 1,
        cpuMilli: 1_000 * roll(5),
        priority: [10, 50, 90][roll(3)] ?? 50,
        runtime: 60 + roll(2_000),
        queued: seconds,
        ...(roll(5) === 0 ? { model: 'A100' } : {}),
        change: { data },
      });
    });
    journal.advance(seconds, ...events(journal, seconds, roll), ...work, ...extra(step, seconds, roll));
    if (roll(3) === 0) journal.tick(seconds + 1);
    seconds += 1;
  }
  return journal;
}
