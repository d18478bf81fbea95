import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { adopted, at, quota, reservation } from '../test/builders';
import { tell } from '../test/golden-story';
import { isDecision, type PartitionEvent, type PartitionInput } from './partition-events';
import { replayDecisions } from './replay-decisions';

/**
 * Journals as they were recorded once: `first-best-fit-1` by the scheduler before it knew any policy, `queues-…` with
 * quotas, budgets and a reservation. A policy that decides otherwise has another id. `SOLYX_GOLDEN=write` writes what is
 * not there; the first cannot be written again.
 */
const fileOf = (name: string): string => path.join(__dirname, '..', '..', 'golden', `${name}.jsonl`);

const gpus = (count: number) => ({ gpuMilli: count * 1_000, cpuMilli: count * 8_000, memoryMiB: count * 65_536 });

function queues(step: number, seconds: number): readonly PartitionInput[] {
  if (step === 0) {
    return [
      adopted('shadow-price/1'),
      quota('default', { nominal: gpus(6), borrowingLimit: gpus(6) }),
      quota('lab', { organizationId: 'umbra', nominal: gpus(8), lendingLimit: gpus(4), weight: 2 }),
    ];
  }
  if (step === 20) return [reservation('r1', { startsAt: at(seconds + 500), endsAt: at(seconds + 1_500) })];
  const budgets = [{ period: 'day' as const, gpuMilliHours: 40_000, microUsd: '60000000' }];
  return step === 60 ? [quota('default', { nominal: gpus(6), budgets }, seconds)] : [];
}

const written = (): string =>
  `${tell(11, 90, queues)
    .events.map(({ type, data }) => JSON.stringify({ type, data }))
    .join('\n')}\n`;

describe.each([
  ['first-best-fit-1', 'best-fit/1'],
  ['queues-shadow-price-1', 'shadow-price/1'],
])('The journal %s', (name, policy) => {
  it('is decided the same again, bit for bit', () => {
    if (process.env['SOLYX_GOLDEN'] === 'write' && !existsSync(fileOf(name))) writeFileSync(fileOf(name), written());
    const lines = readFileSync(fileOf(name), 'utf8').trimEnd().split('\n');
    const events = lines.map((line) => JSON.parse(line) as PartitionEvent);
    const decisions = events.filter(isDecision);
    expect(decisions.length).toBeGreaterThan(200);
    expect(replayDecisions(events)).toEqual({ checked: decisions.length, differing: 0 });
    for (const { type, data } of decisions) {
      if (type === 'drm.partition.allocation-granted') expect(data.policy).toBe(policy);
    }
  });
});
