import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { Database, Streams } from '@solyx/eventing';
import {
  appendLeaf,
  consistencyPath,
  EMPTY_FRONTIER,
  inclusionPath,
  ManualClock,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  type MerkleFrontier,
} from '@solyx/kernel';
import { MemoryEventLog, withPostgres } from '@solyx/testing';
import { FileHeadSigner } from '../../adapters/proof/file-head-signer';
import { MemoryMerkleStore } from '../../adapters/proof/memory-merkle.store';
import { PostgresMerkleStore } from '../../adapters/proof/postgres-merkle.store';
import { leafHashOf, leafTextOf } from '../../domain/proof/log-leaf';
import { LOG_ID, signedTextOf, treeHeadDecider } from '../../domain/proof/tree-head';
import { keyIdOf } from './key-id';
import { LogTree } from './log-tree';
import type { MerkleStore } from './merkle-store';
import { SignTreeHeadProcess } from './sign-tree-head.process';
import { TreeHeads } from './tree-heads';

const clock = new ManualClock();
const metadata = {
  version: 1,
  organizationId: 'org_1',
  actor: { kind: 'key', id: 'key_1', roles: [] },
  $correlationId: 'c',
  $causationId: 'c',
} as const;

async function record(log: MemoryEventLog, count: number, stream = 'billing.thing-1'): Promise<void> {
  const before = (await log.head()).toString();
  const events = Array.from({ length: count }, (_, at) => ({
    id: `${stream}/${before}/${at}`,
    type: 'billing.thing.happened',
    data: { at, words: 'ü€', nothing: null },
    metadata,
  }));
  await log.append(stream, events, 'any');
}

async function rootUntil(log: MemoryEventLog, size: number): Promise<string> {
  let frontier: MerkleFrontier = EMPTY_FRONTIER;
  for await (const event of log.readAll({ raw: true, limit: size })) frontier = appendLeaf(frontier, leafHashOf(event));
  return rootOf(frontier);
}

const publicKeyOf = (hex: string) =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(hex, 'hex')]),
    format: 'der',
    type: 'spki',
  });

describe('The text of an event in the tree', () => {
  it('is canonical JSON of all that the log has of it', async () => {
    const log = new MemoryEventLog(clock);
    await record(log, 1);
    for await (const event of log.readAll({ raw: true })) {
      expect(leafTextOf(event)).toBe(
        '{"created":"2026-01-01T00:00:00.000Z","data":{"at":0,"nothing":null,"words":"ü€"},"id":"billing.thing-1/-1/0",' +
          '"metadata":{"$causationId":"c","$correlationId":"c","actor":{"id":"key_1","kind":"key","roles":[]},' +
          `"organizationId":"org_1","version":1},"position":"${event.position}","revision":"0","stream":"billing.thing-1",` +
          '"type":"billing.thing.happened"}',
      );
    }
  });
});

describe('The tree over the log', () => {
  const folders: string[] = [];
  const postgres = withPostgres();
  const databases: Database[] = [];
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  const keyFile = (): string => {
    const folder = mkdtempSync(path.join(tmpdir(), 'solyx-proof-'));
    folders.push(folder);
    return path.join(folder, 'keys', 'heads.pem');
  };

  const stores: readonly (readonly [string, () => MerkleStore])[] = [
    ['memory', () => new MemoryMerkleStore()],
    [
      'PostgreSQL',
      () => {
        const database = new Database({ postgresUrl: postgres.url, instance: 'spec' });
        databases.push(database);
        return new PostgresMerkleStore(database, `log ${databases.length}`);
      },
    ],
  ];

  describe.each(stores)('kept in %s', (_, makeStore) => {
    it('covers every event in its order, goes on where it stopped, and proves each of them', async () => {
      const log = new MemoryEventLog(clock);
      const store = makeStore();
      expect((await new LogTree(log, store).grow()).frontier.size).toBe(0);
      for (const count of [1, 254, 2, 300, 9_000]) {
        await record(log, count);
        // A new one each time: nothing is remembered outside the store.
        const { frontier, position } = await new LogTree(log, store).grow();
        expect(position).toBe(await log.head());
        expect(rootOf(frontier)).toBe(await rootUntil(log, frontier.size));
      }
      const tree = new LogTree(log, store);
      const { frontier } = await tree.grow();
      const [size, root] = [frontier.size, rootOf(frontier)];
      expect(size).toBe(9_557);
      const all: { readonly hash: string; readonly position: bigint }[] = [];
      for await (const event of log.readAll({ raw: true })) {
        all.push({ hash: leafHashOf(event), position: event.position });
      }
      const chosen = [0, 1, 255, 256, 511, 556, 5_000, 9_555, 9_556];
      expect(await tree.leavesAt(chosen.map((index) => all[index]?.position ?? -1n))).toEqual(chosen);
      for (const index of chosen) {
        const proof = await tree.hashesOf(inclusionPath(index, size));
        expect(verifyInclusion({ hash: all[index]?.hash ?? '', index }, proof, { size, root })).toBe(true);
        const older = { size: index + 1, root: await rootUntil(log, index + 1) };
        const since = await tree.hashesOf(consistencyPath(index + 1, size));
        expect(verifyConsistency(older, { size, root }, since)).toBe(true);
      }
      await expect(tree.leavesAt([position(all, 3) + 1n])).rejects.toMatchObject({ code: 'Unavailable' });
    });

    it('takes each event once, also where two processes try', async () => {
      const log = new MemoryEventLog(clock);
      const store = makeStore();
      await record(log, 700);
      const both = await Promise.allSettled([new LogTree(log, store).grow(), new LogTree(log, store).grow()]);
      expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
      for (const one of both) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'Conflict' });
      const { frontier } = await new LogTree(log, store).grow();
      expect(frontier.size).toBe(700);
      expect(rootOf(frontier)).toBe(await rootUntil(log, 700));
    });
  });

  const plane = () => {
    const log = new MemoryEventLog(clock);
    const file = keyFile();
    const tree = new LogTree(log, new MemoryMerkleStore());
    const streams = new Streams(log);
    const heads = new TreeHeads(streams, log, tree, new FileHeadSigner(file), clock);
    const settings = { growEveryMs: 0, headEveryEvents: 100, headEveryMs: 60_000 };
    return { log, file, tree, streams, heads, process: new SignTreeHeadProcess(tree, heads, settings, clock) };
  };
  const recorded = async (log: MemoryEventLog) => {
    const heads: { readonly data: unknown }[] = [];
    for await (const event of log.readStream(`${treeHeadDecider.name}-${LOG_ID}`)) heads.push(event);
    return heads;
  };

  it('is signed when there is something new, and not because it was signed', async () => {
    const { log, process, heads, tree } = plane();
    await process.grow();
    expect(await recorded(log)).toHaveLength(0);
    await record(log, 3);
    await process.grow();
    expect(await recorded(log)).toHaveLength(1);
    clock.advance(3_600_000);
    await process.grow();
    await process.grow();
    expect(await recorded(log)).toHaveLength(1);
    await record(log, 1);
    await process.grow();
    expect(await recorded(log)).toHaveLength(2);
    await record(log, 50);
    await process.grow();
    expect(await recorded(log)).toHaveLength(2);
    await record(log, 60);
    await process.grow();
    expect(await recorded(log)).toHaveLength(3);
    const last = await heads.last();
    expect(last).toMatchObject({ size: 3 + 1 + 1 + 1 + 50 + 60, previous: { size: 5 } });
    expect(last?.rootHash).toBe(await rootUntil(log, last?.size ?? 0));
    expect((await tree.state()).frontier.size).toBe(last?.size);
    if (!last) throw new Error('no head');
    const signature = Buffer.from(last.signature, 'hex');
    expect(verify(null, Buffer.from(signedTextOf(last)), publicKeyOf(last.publicKey), signature)).toBe(true);
  });

  it('is covered by the same head, whoever asks and whenever', async () => {
    const { log, heads } = plane();
    const asked: { position: bigint; size: number }[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      await record(log, 5);
      const position = await log.head();
      const head = await heads.covering(position);
      expect(BigInt(head.position)).toBeGreaterThanOrEqual(position);
      asked.push({ position, size: head.size });
    }
    for (const { position, size } of asked) expect((await heads.covering(position)).size).toBe(size);
    expect(await recorded(log)).toHaveLength(12);
  });

  it('is not signed where the log is not what was signed before', async () => {
    const { log, process, streams, file } = plane();
    await record(log, 10);
    await process.grow();
    const other = new MemoryEventLog(clock);
    await record(other, 40, 'billing.thing-2');
    const forged = new LogTree(other, new MemoryMerkleStore());
    await forged.grow();
    const heads = new TreeHeads(streams, log, forged, new FileHeadSigner(file), clock);
    await expect(heads.sign()).rejects.toMatchObject({ code: 'FailedPrecondition', reason: 'TreeForked' });
    expect(await recorded(log)).toHaveLength(1);
  });

  it('is signed with a key that only its owner reads, and that is never replaced', () => {
    const file = keyFile();
    const made = new FileHeadSigner(file).publicKey();
    expect(made).toMatch(/^[0-9a-f]{64}$/);
    expect(keyIdOf(made ?? '')).toMatch(/^[0-9a-f]{16}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(new FileHeadSigner(file).publicKey()).toBe(made);
    chmodSync(file, 0o604);
    expect(() => new FileHeadSigner(file).publicKey()).toThrow(/may be read by everybody/);
    chmodSync(file, 0o600);
    writeFileSync(file, readFileSync(file, 'utf8').slice(20));
    expect(() => new FileHeadSigner(file).publicKey()).toThrow(/not a private key/);
    expect(new FileHeadSigner(undefined).publicKey()).toBeUndefined();
    expect(() => new FileHeadSigner(undefined).sign('text')).toThrow(/no key/);
  });
});

const position = (all: readonly { readonly position: bigint }[], index: number): bigint => all[index]?.position ?? -1n;
