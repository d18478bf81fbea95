import { Streams } from '@solyx/eventing';
import { deriveId, ManualClock, type Recorded } from '@solyx/kernel';
import { AdviceDecided } from '@solyx/contracts/drm';
import { AutonomyRequested } from '@solyx/contracts/gateway';
import { Advised, AutonomySet } from '@solyx/contracts/optimizer';
import { MemoryEventLog } from '@solyx/testing';
import type { FleetFact } from '../domain/observe';
import { autonomy, joined, leased, offered, queued, T0 } from '../test/journal';
import { adviceView } from './advice.projection';
import { AdviseProcess } from './advise.process';
import { FleetReader } from './fleet-reader';
import { OptimizerSettings } from './optimizer-settings';
import { policyView } from './policy.projection';
import { SetAutonomyHandler } from './set-autonomy.handler';

class Settings extends OptimizerSettings {
  override readonly partition = 'main';
  override readonly intervalSeconds = 10;
  override readonly waitSeconds = 30;
  override readonly idleSeconds = 300;
  override readonly quietSeconds = 600;
  override readonly level = 'suggest';
  override readonly limits = autonomy().limits;
}

class Plane {
  readonly clock = new ManualClock(T0);
  readonly log = new MemoryEventLog(this.clock);
  readonly settings = new Settings();
  process = this.start();
  private count = 0;

  /** A service as it starts: it knows nothing but the log. */
  start(): AdviseProcess {
    const streams = new Streams(this.log);
    const reader = new FleetReader(streams, this.settings);
    this.process = new AdviseProcess(streams, reader, this.settings, this.clock);
    return this.process;
  }

  autonomy(): SetAutonomyHandler {
    return new SetAutonomyHandler(new Streams(this.log), this.settings, this.clock);
  }

  async journal(...facts: readonly (FleetFact | AdviceDecided)[]): Promise<void> {
    for (const fact of facts) await this.record('drm.partition-main', fact);
  }

  async record(stream: string, event: { readonly type: string; readonly data: unknown }): Promise<void> {
    this.count += 1;
    const actor = { kind: 'key', id: 'key_1', roles: ['owner'] } as const;
    const metadata = { version: 1, organizationId: 'acme', actor, $correlationId: 'c', $causationId: 'c' };
    await this.log.append(stream, [{ id: deriveId(stream, this.count), ...event, metadata }], 'any');
  }

  async all(type: string): Promise<Recorded[]> {
    const found: Recorded[] = [];
    for await (const event of this.log.readAll()) if (event.type === type) found.push(event);
    return found;
  }

  async advice(): Promise<Advised['data'][]> {
    return (await this.all(Advised.type)).map(({ data }) => data as Advised['data']);
  }
}

const begun = async (): Promise<Plane> => {
  const plane = new Plane();
  await plane.autonomy().begin();
  return plane;
};
const burst = [joined('n1', 0), offered(), queued('a', 0, { gpus: 8 })];

describe('The optimizer', () => {
  it('goes nowhere before it is known how far it may go', async () => {
    const plane = new Plane();
    await plane.process.adviseOnce();
    expect(await plane.advice()).toEqual([]);
    await plane.autonomy().begin();
    await plane.process.adviseOnce();
    expect(await plane.advice()).toHaveLength(1);
  });

  it('advises once an interval, on the stream of the day', async () => {
    const plane = await begun();
    await plane.journal(...burst);
    plane.clock.advance(31_000);
    await plane.process.adviseOnce();
    await plane.process.adviseOnce();
    plane.clock.advance(8_000);
    await plane.process.adviseOnce();
    const [advised, ...more] = await plane.all(Advised.type);
    expect(more).toEqual([]);
    expect(advised).toMatchObject({
      stream: 'optimizer.decision-2026-01-01',
      data: { action: 'lease', count: 1, level: 'suggest', reason: 'QueueWaiting' },
    });
    const journal = await plane.all('drm.partition.workload-queued');
    expect((advised?.data as Advised['data']).observation.position).toBe(journal[0]?.position.toString());
  });

  it('gives the same advice again after a restart: it is the same event', async () => {
    const plane = await begun();
    await plane.journal(...burst);
    plane.clock.advance(31_000);
    await plane.process.adviseOnce();
    await plane.start().adviseOnce();
    expect(await plane.advice()).toHaveLength(1);
  });

  it('sees after a restart what it would have seen without one', async () => {
    const seen: Advised['data'][][] = [];
    for (const restarts of [false, true]) {
      const plane = await begun();
      const facts = [
        ...burst,
        leased('l1', 40, {}, 'adv_1'),
        queued('b', 50, { gpus: 8 }),
        joined('n2', 60, { gpus: 8, leaseId: 'l1' }),
      ];
      for (const fact of facts) {
        await plane.journal(fact);
        plane.clock.advance(10_000);
        await (restarts ? plane.start() : plane.process).adviseOnce();
      }
      seen.push(await plane.advice());
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[0]?.length).toBeGreaterThan(3);
  });

  it('is quiet while nothing changes', async () => {
    const plane = await begun();
    await plane.journal(joined('n1', 0));
    for (let i = 0; i < 130; i += 1) {
      await plane.process.adviseOnce();
      plane.clock.advance(10_000);
    }
    expect((await plane.advice()).map(({ action }) => action)).toEqual(['hold', 'hold', 'hold']);
  });

  it('goes as far as was asked last, though an older wish is told again', async () => {
    const plane = await begun();
    for (const killSwitch of [true, false]) {
      const request = { requestId: `r${String(killSwitch)}`, fingerprint: 'f', ...autonomy({ killSwitch }) };
      await plane.record('gateway.request-r', AutonomyRequested(request));
    }
    const [older, newer] = (await plane.all(AutonomyRequested.type)) as Recorded<AutonomyRequested>[];
    for (const told of [older, newer, older]) await plane.autonomy().set(told!);
    const set = await plane.all(AutonomySet.type);
    expect(set.map(({ data }) => (data as AutonomySet['data']).killSwitch)).toEqual([false, true, false]);
  });

  it('holds at once when the kill switch is thrown', async () => {
    const plane = await begun();
    await plane.journal(...burst);
    const request = { requestId: 'r', fingerprint: 'f', ...autonomy({ killSwitch: true }) };
    await plane.record('gateway.request-r', AutonomyRequested(request));
    const [requested] = await plane.all(AutonomyRequested.type);
    const handler = plane.autonomy();
    await handler.set(requested as Recorded<AutonomyRequested>);
    await handler.set(requested as Recorded<AutonomyRequested>);
    plane.clock.advance(60_000);
    await plane.process.adviseOnce();
    expect(await plane.advice()).toMatchObject([{ action: 'hold', reason: 'KillSwitchEngaged', level: 'act' }]);
    const set = await plane.all(AutonomySet.type);
    expect(set.map(({ data }) => (data as AutonomySet['data']).killSwitch)).toEqual([false, true]);
    expect(set[1]?.metadata).toMatchObject({
      organizationId: 'platform',
      $correlationId: 'c',
      $causationId: requested?.id,
    });
  });

  it('obeys only who has the right', async () => {
    const plane = await begun();
    await plane.record('gateway.request-r', AutonomyRequested({ requestId: 'r', fingerprint: 'f', ...autonomy() }));
    const [event] = (await plane.all(AutonomyRequested.type)) as Recorded<AutonomyRequested>[];
    const viewer = {
      ...event!,
      metadata: { ...event!.metadata, actor: { kind: 'key' as const, id: 'k', roles: ['viewer'] } },
    };
    await expect(plane.autonomy().set(viewer)).rejects.toMatchObject({ code: 'PermissionDenied' });
  });

  it('keeps what people set, whatever it is started with', async () => {
    const plane = await begun();
    await plane.autonomy().begin();
    expect(await plane.all(AutonomySet.type)).toHaveLength(1);
  });
});

describe('Views', () => {
  it('show advice and what became of it', async () => {
    const plane = await begun();
    await plane.journal(...burst);
    plane.clock.advance(31_000);
    await plane.process.adviseOnce();
    const [{ adviceId }] = (await plane.advice()) as [Advised['data']];
    await plane.journal(AdviceDecided({ adviceId, obeyed: false, reason: 'AutonomyTooLow', at: plane.clock.iso() }));
    const events = [...(await plane.all(Advised.type)), ...(await plane.all(AdviceDecided.type))];
    let row = adviceView.initial;
    for (const event of events) {
      expect(adviceView.keys(event)).toEqual([adviceId]);
      row = adviceView.apply(row, event, adviceId) ?? row;
    }
    expect(row).toMatchObject({
      adviceId,
      action: 'lease',
      gpuModel: 'H100',
      obeyed: false,
      obeyedReason: 'AutonomyTooLow',
    });
  });

  it('show how far it may go', async () => {
    const plane = await begun();
    const [set] = await plane.all(AutonomySet.type);
    expect(policyView.apply(policyView.initial, set!, 'main')).toMatchObject({ level: 'suggest', killSwitch: false });
  });
});
