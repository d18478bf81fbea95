import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventRegistry } from '@solyx/contracts';
import { isDecision, type PartitionEvent } from './partition-events';
import { POLICIES } from './policy';
import { replayDecisions } from './replay-decisions';

const FOLDER = path.join(__dirname, '..', '..', 'golden');

const journalOf = (policy: string): readonly PartitionEvent[] =>
  readFileSync(path.join(FOLDER, `${policy.replace('/', '-')}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PartitionEvent);

/** Journals that were recorded when their policy was new (`scripts/golden.mjs`): the same decisions come out for ever. */
describe('A golden journal', () => {
  it('is there for each policy', () => {
    const files = POLICIES.map(({ id }) => `${id.replace('/', '-')}.jsonl`);
    expect(readdirSync(FOLDER)).toEqual(expect.arrayContaining(files));
  });

  it.each(POLICIES.map(({ id }) => id))('of %s is decided again as it was, bit for bit', (policy) => {
    const journal = journalOf(policy);
    const decided = journal.filter(isDecision);
    const policies = decided.flatMap(({ data }) => ('policy' in data ? [data.policy] : []));
    expect(new Set(policies)).toEqual(new Set([policy]));
    expect(replayDecisions(journal)).toEqual({ checked: decided.length, differing: 0 });
  });

  it.each(POLICIES.map(({ id }) => id))('of %s holds events that are still valid', (policy) => {
    for (const event of journalOf(policy)) eventRegistry.validate(event, 64 * 1024);
  });
});
