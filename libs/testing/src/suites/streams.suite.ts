import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { accept, refuse, type Command, type Decider } from '@solyx/kernel';
import { BUDGET_PERIODS } from '@solyx/contracts';
import { BudgetSet, HoldPlaced } from '@solyx/contracts/billing';
import {
  Streams,
  type Appended,
  type CommandContext,
  type EventLog,
  type ExpectedRevision,
  type NewEvent,
  type Snapshots,
} from '@solyx/eventing';
import { eventually } from '../eventually';
import { LogWrapper } from './log-wrapper';
import { gather, sampleMetadata } from './sample-events';

const [PERIOD] = BUDGET_PERIODS;

type WalletCommand = Command<'Fill', { micro: bigint }> | Command<'Hold', { jobId: string; micro: bigint }>;
type WalletEvent = BudgetSet | HoldPlaced;
interface Wallet {
  readonly limit: bigint;
  readonly held: ReadonlyMap<string, bigint>;
}

const at = '2026-01-01T00:00:00.000Z';
const heldBy = (wallet: Wallet): bigint => [...wallet.held.values()].reduce((sum, micro) => sum + micro, 0n);

const filled = (micro: bigint): BudgetSet =>
  BudgetSet({ organizationId: 'acme', limitMicroUsd: String(micro), period: PERIOD, at });
const placed = (jobId: string, micro: bigint): HoldPlaced =>
  HoldPlaced({ holdId: jobId, organizationId: 'acme', jobId, amountMicroUsd: String(micro), at });

/** A small aggregate with an invariant: never more is held than the limit. */
const walletDecider: Decider<WalletCommand, Wallet, WalletEvent, 'BudgetExceeded'> = {
  name: 'billing.budget',
  initial: { limit: 0n, held: new Map() },
  decide({ type, data }, wallet) {
    if (type === 'Fill') return accept(filled(wallet.limit + data.micro));
    if (wallet.held.has(data.jobId)) return accept();
    if (heldBy(wallet) + data.micro > wallet.limit) return refuse('BudgetExceeded', { jobId: data.jobId });
    return accept(placed(data.jobId, data.micro));
  },
  evolve(wallet, { type, data }) {
    if (type === 'billing.budget.set') return { ...wallet, limit: BigInt(data.limitMicroUsd) };
    return { ...wallet, held: new Map(wallet.held).set(data.jobId, BigInt(data.amountMicroUsd)) };
  },
  snapshot: {
    version: 1,
    every: 4,
    toJson: ({ limit, held }) => ({ limit: String(limit), held: [...held].map(([id, micro]) => [id, String(micro)]) }),
    fromJson: (json) => {
      const { limit, held } = json as { limit: string; held: [string, string][] };
      return { limit: BigInt(limit), held: new Map(held.map(([id, micro]) => [id, BigInt(micro)])) };
    },
  },
};

const contextOf = (commandId: string = randomUUID(), redelivered = false): CommandContext => ({
  commandId,
  organizationId: 'acme',
  actor: sampleMetadata.actor,
  correlationId: 'req_1',
  causationId: 'event_1',
  traceparent: sampleMetadata.traceparent!,
  redelivered,
});

const fill = (micro: bigint) => ({ type: 'Fill', data: { micro } }) as const;
const hold = (jobId: string, micro: bigint) => ({ type: 'Hold', data: { jobId, micro } }) as const;

/** Counts what a command costs. */
class CountingLog extends LogWrapper {
  appends = 0;
  read = 0;
  override append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    this.appends += 1;
    return this.log.append(stream, events, expected);
  }
  override async *readStream(...args: Parameters<EventLog['readStream']>) {
    for await (const event of this.log.readStream(...args)) {
      this.read += 1;
      yield event;
    }
  }
}

export interface OpenStreams {
  readonly log: EventLog;
  readonly snapshots: Snapshots;
  close(): Promise<void>;
}

/** What `Streams` promises, over any store. */
export function describeStreams(name: string, open: () => Promise<OpenStreams>): void {
  describe(`streams: ${name}`, () => {
    let opened: OpenStreams;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => opened.close());

    decides(() => opened.log);
    knows(() => opened.log);
    repeats(() => opened.log);
    competes(() => opened.log);
    bounds(() => opened.log);
    remembers(() => opened);
  });
}

function knows(log: () => EventLog): void {
  describe('known', () => {
    it('reads a stream once, and then knows what was decided here', async () => {
      const counting = new CountingLog(log());
      const streams = new Streams(counting);
      const id = randomUUID();
      await new Streams(log()).transact(walletDecider, id, fill(10n), contextOf());
      expect((await streams.known(walletDecider, id)).state).toMatchObject({ limit: 10n });
      expect(counting.read).toBe(1);
      await streams.transact(walletDecider, id, fill(20n), contextOf());
      expect(await streams.known(walletDecider, id)).toMatchObject({ state: { limit: 30n }, revision: 1n });
      expect(counting.read).toBe(1);
    });

    it('has what another process appended once that is heard, and reads only what it lacks', async () => {
      const counting = new CountingLog(log());
      const streams = new Streams(counting);
      const id = randomUUID();
      const stream = `billing.budget-${id}`;
      expect(await streams.known(walletDecider, id)).toMatchObject({ revision: -1n });
      const other = new Streams(log());
      await other.transact(walletDecider, id, fill(10n), contextOf());
      await other.transact(walletDecider, id, fill(20n), contextOf());
      streams.heard(stream, 1n);
      expect(await streams.known(walletDecider, id)).toMatchObject({ state: { limit: 30n }, revision: 1n });
      streams.heard(stream, 0n);
      expect(await streams.known(walletDecider, id)).toMatchObject({ revision: 1n });
      expect(counting.read).toBe(2);
    });

    it('keeps no read that an event overtook', async () => {
      const id = randomUUID();
      const other = new Streams(log());
      await other.transact(walletDecider, id, fill(10n), contextOf());
      const streams = new Streams(
        new (class extends LogWrapper {
          override async *readStream(...args: Parameters<EventLog['readStream']>) {
            yield* this.log.readStream(...args);
            // It is told before the reader has its answer.
            const outcome = await other.transact(walletDecider, id, fill(20n), contextOf('overtakes'));
            if (outcome.accepted && outcome.events.length > 0) streams.heard(`billing.budget-${id}`, 1n);
          }
        })(log()),
      );
      await streams.known(walletDecider, id);
      expect((await streams.known(walletDecider, id)).state).toMatchObject({ limit: 30n });
    });

    it('believes nothing any more once it shall forget', async () => {
      const streams = new Streams(log());
      const id = randomUUID();
      await streams.known(walletDecider, id);
      await new Streams(log()).transact(walletDecider, id, fill(10n), contextOf());
      streams.forget();
      expect((await streams.known(walletDecider, id)).state).toMatchObject({ limit: 10n });
    });
  });
}

function decides(log: () => EventLog): void {
  describe('transact', () => {
    it('records what was decided, and all that is known of whence it came', async () => {
      const id = randomUUID();
      const outcome = await new Streams(log()).transact(walletDecider, id, fill(10n), contextOf('command_1'));
      const [event] = await gather(log().readStream(`billing.budget-${id}`));
      expect(outcome).toMatchObject({ accepted: true, state: { limit: 10n }, position: event?.position });
      expect(event).toMatchObject({
        type: 'billing.budget.set',
        data: { limitMicroUsd: '10' },
        metadata: sampleMetadata,
      });
    });

    it('costs one append and no read once the stream is known', async () => {
      const counting = new CountingLog(log());
      const streams = new Streams(counting);
      const id = randomUUID();
      await streams.transact(walletDecider, id, fill(10n), contextOf());
      const before = { appends: counting.appends, read: counting.read };
      for (let i = 0; i < 5; i += 1) await streams.transact(walletDecider, id, hold(`job_${i}`, 1n), contextOf());
      expect(counting.appends - before.appends).toBe(5);
      expect(counting.read).toBe(before.read);
    });

    it('records nothing where nothing is to be done', async () => {
      const streams = new Streams(log());
      const id = randomUUID();
      await streams.transact(walletDecider, id, fill(10n), contextOf());
      const first = await streams.transact(walletDecider, id, hold('job_1', 1n), contextOf());
      const again = await streams.transact(walletDecider, id, hold('job_1', 1n), contextOf());
      expect(again).toMatchObject({ accepted: true, events: [], position: first.position });
      expect(await gather(log().readStream(`billing.budget-${id}`))).toHaveLength(2);
    });

    it('records a refusal with reason, hint and subject', async () => {
      const id = randomUUID();
      const commandId = randomUUID();
      const outcome = await new Streams(log()).transact(walletDecider, id, hold('job_1', 5n), contextOf(commandId));
      expect(outcome).toMatchObject({ accepted: false, reason: 'BudgetExceeded', details: { jobId: 'job_1' } });
      const start = outcome.position - 1n;
      const [event] = await gather(log().readAll({ after: start, until: outcome.position, prefixes: ['billing.'] }));
      expect(event).toMatchObject({
        type: 'billing.command.refused',
        data: { command: 'Hold', stream: `billing.budget-${id}`, subjectId: id, reason: 'BudgetExceeded' },
        metadata: { $correlationId: 'req_1', $causationId: 'event_1', organizationId: 'acme' },
      });
      expect((event?.data as { hint: string }).hint).not.toBe('');
    });
  });
}

function repeats(log: () => EventLog): void {
  describe('a command that comes again', () => {
    it('gets the refusal that it got, although it would be accepted by now', async () => {
      const id = randomUUID();
      const commandId = randomUUID();
      const first = await new Streams(log()).transact(walletDecider, id, hold('job_1', 5n), contextOf(commandId));
      await new Streams(log()).transact(walletDecider, id, fill(10n), contextOf());
      const again = await new Streams(log()).transact(walletDecider, id, hold('job_1', 5n), contextOf(commandId, true));
      expect(again).toEqual(first);
    });

    it('gets the first refusal also where nobody says that it comes again', async () => {
      const id = randomUUID();
      const commandId = randomUUID();
      const streams = new Streams(log());
      const first = await streams.transact(walletDecider, id, hold('job_1', 5n), contextOf(commandId));
      expect(await streams.transact(walletDecider, id, hold('job_2', 7n), contextOf(commandId))).toEqual(first);
    });

    it('gets the events that it recorded, although the decider would decide otherwise by now', async () => {
      const id = randomUUID();
      const commandId = randomUUID();
      const first = await new Streams(log()).transact(walletDecider, id, fill(10n), contextOf(commandId));
      await new Streams(log()).transact(walletDecider, id, hold('job_1', 1n), contextOf());
      const again = await new Streams(log()).transact(walletDecider, id, fill(10n), contextOf(commandId, true));
      expect(again).toMatchObject({ accepted: true, position: first.position, state: { limit: 10n } });
      expect(again.accepted && again.events).toEqual([filled(10n)]);
      expect(await gather(log().readStream(`billing.budget-${id}`))).toHaveLength(2);
    });

    it('is recorded once where its outcome stayed unknown', async () => {
      class Unsure extends LogWrapper {
        unsure = true;
        override async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision) {
          const appended = await this.log.append(stream, events, expected);
          if (!this.unsure) return appended;
          this.unsure = false;
          throw new Error('the answer was lost');
        }
      }
      const streams = new Streams(new Unsure(log()));
      const id = randomUUID();
      const commandId = randomUUID();
      await expect(streams.transact(walletDecider, id, fill(10n), contextOf(commandId))).rejects.toThrow('lost');
      const again = await streams.transact(walletDecider, id, fill(10n), contextOf(commandId, true));
      expect(again).toMatchObject({ accepted: true, state: { limit: 10n } });
      expect(await gather(log().readStream(`billing.budget-${id}`))).toHaveLength(1);
    });
  });
}

function competes(log: () => EventLog): void {
  describe('competing processes', () => {
    it('read only what is newer, and decide again', async () => {
      const id = randomUUID();
      const counting = new CountingLog(log());
      const mine = new Streams(counting);
      const others = new Streams(log());
      for (let i = 0; i < 10; i += 1) await mine.transact(walletDecider, id, fill(1n), contextOf());
      await others.transact(walletDecider, id, hold('job_1', 6n), contextOf());
      const before = counting.read;
      const outcome = await mine.transact(walletDecider, id, hold('job_2', 6n), contextOf());
      expect(outcome).toMatchObject({ accepted: false, reason: 'BudgetExceeded' });
      // One newer event, and the refusal that is read back.
      expect(counting.read - before).toBe(2);
    });

    it('never break an invariant together, and each command is answered', async () => {
      const command = fc.oneof(
        fc.record({ kind: fc.constant('fill' as const), micro: fc.integer({ min: 1, max: 9 }) }),
        fc.record({
          kind: fc.constant('hold' as const),
          micro: fc.integer({ min: 1, max: 9 }),
          job: fc.integer({ min: 0, max: 5 }),
        }),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(command, fc.integer({ min: 0, max: 2 })), { maxLength: 25 }),
          async (asked) => {
            const id = randomUUID();
            const processes = [0, 1, 2].map(() => new Streams(log()));
            const outcomes = await Promise.allSettled(
              asked.map(([wanted, process]) =>
                processes[process]!.transact(
                  walletDecider,
                  id,
                  wanted.kind === 'fill' ? fill(BigInt(wanted.micro)) : hold(`job_${wanted.job}`, BigInt(wanted.micro)),
                  contextOf(),
                ),
              ),
            );
            let accepted = 0;
            for (const outcome of outcomes) {
              if (outcome.status === 'rejected')
                expect(outcome.reason).toMatchObject({ code: 'Conflict', retryable: true });
              else if (outcome.value.accepted) accepted += outcome.value.events.length;
            }
            let wallet = walletDecider.initial;
            const events = await gather(log().readStream(`billing.budget-${id}`));
            for (const event of events) {
              wallet = walletDecider.evolve(wallet, event as unknown as WalletEvent);
              expect(heldBy(wallet)).toBeLessThanOrEqual(wallet.limit);
            }
            expect(events).toHaveLength(accepted);
            for (const process of processes) expect((await process.load(walletDecider, id)).state).toEqual(wallet);
          },
        ),
        { numRuns: 20 },
      );
    });

    it('give up after three attempts with a conflict that may be tried again', async () => {
      class Restless extends LogWrapper {
        override async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision) {
          const other = events.map((event) => ({ ...event, id: randomUUID() }));
          await this.log.append(stream, other, 'any');
          return this.log.append(stream, events, expected);
        }
      }
      const streams = new Streams(new Restless(log()));
      const id = randomUUID();
      await expect(streams.transact(walletDecider, id, fill(1n), contextOf())).rejects.toMatchObject({
        code: 'Conflict',
        retryable: true,
        details: { attempts: 3 },
      });
      expect(await gather(log().readStream(`billing.budget-${id}`))).toHaveLength(3);
    });
  });
}

function bounds(log: () => EventLog): void {
  const deciding = (...events: readonly WalletEvent[]): typeof walletDecider => ({
    ...walletDecider,
    decide: () => accept(...events),
  });

  it.each([
    ['more than 256 events', deciding(...Array.from({ length: 257 }, () => filled(1n))), 'ResourceExhausted'],
    ['an event over 64 KiB', deciding(placed('j'.repeat(70_000), 1n)), 'InvalidArgument'],
    [
      'an event that does not validate',
      deciding({ ...filled(1n), data: { ...filled(1n).data, at: 'now' } }),
      'InvalidArgument',
    ],
  ])('refuses %s and appends nothing', async (_what, decider, code) => {
    const id = randomUUID();
    await expect(new Streams(log()).transact(decider, id, fill(1n), contextOf())).rejects.toMatchObject({ code });
    expect(await gather(log().readStream(`billing.budget-${id}`))).toEqual([]);
  });
}

function remembers(opened: () => OpenStreams): void {
  describe('snapshots', () => {
    const grown = async (id: string) => {
      const { log, snapshots } = opened();
      const streams = new Streams(log, snapshots);
      for (let i = 0; i < 9; i += 1) await streams.transact(walletDecider, id, fill(1n), contextOf());
      return eventually(async () => {
        const found = await snapshots.latest(walletDecider, `billing.budget-${id}`);
        expect(found?.revision).toBe(7n);
        return found!;
      });
    };

    it('spare a new process the reading of what lies before them', async () => {
      const id = randomUUID();
      expect((await grown(id)).state).toEqual({ limit: 8n, held: new Map() });
      const counting = new CountingLog(opened().log);
      const { state } = await new Streams(counting, opened().snapshots).load(walletDecider, id);
      expect(state.limit).toBe(9n);
      expect(counting.read).toBe(1);
    });

    it('are left aside where the fold has changed since', async () => {
      const id = randomUUID();
      await grown(id);
      const changed = { ...walletDecider, snapshot: { ...walletDecider.snapshot!, version: 2 } };
      expect(await opened().snapshots.latest(changed, `billing.budget-${id}`)).toBeUndefined();
      const counting = new CountingLog(opened().log);
      expect((await new Streams(counting, opened().snapshots).load(changed, id)).state.limit).toBe(9n);
      expect(counting.read).toBe(9);
    });
  });
}
