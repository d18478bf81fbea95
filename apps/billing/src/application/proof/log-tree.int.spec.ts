import { Logger } from '@nestjs/common';
import { Database, EventStoreLog, Streams } from '@solyx/eventing';
import { inclusionPath, leafHash, ManualClock, verifyInclusion, type Recorded } from '@solyx/kernel';
import { withEventStore, withPostgres } from '@solyx/testing';
import { PostgresMerkleStore } from '../../adapters/proof/postgres-merkle.store';
import { SeededHeadSigner } from '../../adapters/proof/seeded-head-signer';
import { leafTextOf } from '../../domain/proof/log-leaf';
import { LogTree } from './log-tree';
import { TreeHeads } from './tree-heads';

const metadata = {
  version: 1,
  organizationId: 'org_1',
  actor: { kind: 'key', id: 'key_1', roles: [] },
  $correlationId: '5f0c7a52-6f0e-4f0c-9d53-2a7b1f6f8a10',
  $causationId: '5f0c7a52-6f0e-4f0c-9d53-2a7b1f6f8a10',
} as const;
const STREAMS = ['billing.thing-a', 'drm.thing-b', 'snapshot-c', 'cmo.thing-d'];

async function gather(reading: AsyncIterable<Recorded>): Promise<readonly Recorded[]> {
  const read: Recorded[] = [];
  for await (const event of reading) read.push(event);
  return read;
}

async function expectProved(
  tree: LogTree,
  read: readonly Recorded[],
  head: { readonly size: number; readonly root: string },
): Promise<void> {
  const leaves = await tree.leavesAt(read.map(({ position }) => position));
  for (const at of [0, 1, 2, 77, read.length - 1]) {
    const leaf = { hash: leafHash(leafTextOf(read[at]!)), index: leaves[at]! };
    const proof = await tree.hashesOf(inclusionPath(leaf.index, head.size));
    expect(verifyInclusion(leaf, proof, head)).toBe(true);
  }
}

describe('The tree over the log of the real store', () => {
  const postgres = withPostgres();
  const store = withEventStore(() => postgres.url);
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('has each event of Solyx once, and says of it what a read of its stream says, either way', async () => {
    const log = new EventStoreLog(store.url);
    const database = new Database({ postgresUrl: postgres.url, instance: 'spec' });
    try {
      let count = 0;
      for (let round = 0; round < 60; round += 1) {
        for (const stream of STREAMS) {
          const events = Array.from({ length: 1 + (round % 4) }, (_, at) => {
            count += 1;
            const id = `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;
            return { id, type: 'billing.thing.happened', data: { at, text: 'ü€', exact: 0.1, none: null }, metadata };
          });
          await log.append(stream, events, 'any');
        }
      }
      const tree = new LogTree(log, new PostgresMerkleStore(database, 'main'));
      const { frontier } = await tree.grow();
      expect(frontier.size).toBe((count * 3) / 4);
      const heads = new TreeHeads(new Streams(log), log, tree, new SeededHeadSigner('spec'), new ManualClock());
      const head = await heads.covering(await log.head());
      for (const stream of STREAMS.filter((one) => one !== 'snapshot-c')) {
        for (const direction of ['forwards', 'backwards'] as const) {
          const read = await gather(log.readStream(stream, { direction, raw: true }));
          expect(read.length).toBe(count / 4);
          await expectProved(tree, read, { size: head.size, root: head.rootHash });
        }
      }
      // What is recorded while the tree grows comes with the next turn, the head just signed among it.
      expect((await tree.grow()).frontier.size).toBe(frontier.size + 1);
    } finally {
      await database.close();
      await log.close();
    }
  });
});
