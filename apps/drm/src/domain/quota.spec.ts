import { QuotaRemoved, QuotaSet, ReservationCancelled, ReservationMade } from '@solyx/contracts/drm';
import type { QueueSpec, ReservationSpec } from '@solyx/contracts';
import { given } from '@solyx/testing';
import { at } from '../test/builders';
import { keptRoomDecider } from './kept-room';
import { quotaDecider, type QuotaCommand } from './quota';

const queue = (changes: Partial<QueueSpec> = {}): QueueSpec => ({
  ...{ queueId: 'research', organizationId: 'acme', cohort: 'main', weight: 100, budgets: [] },
  nominal: { gpuMilli: 8_000, cpuMilli: 64_000, memoryMiB: 1_024 },
  ...changes,
});

describe('A queue', () => {
  const past = given(quotaDecider);
  const set = (seconds: number, changes: Partial<QueueSpec> = {}): QuotaCommand => ({
    type: 'SetQuota',
    data: { queue: queue(changes), at: at(seconds) },
  });
  const remove = (organizationId: string, seconds = 5): QuotaCommand => ({
    type: 'RemoveQuota',
    data: { queueId: 'research', organizationId, at: at(seconds) },
  });
  const first = QuotaSet({ queue: queue(), at: at(1) });
  const removed = QuotaRemoved({ queueId: 'research', organizationId: 'acme', at: at(5) });

  it('is set, and again only where that says anything', () => {
    past().when(set(1)).then(first);
    past(first).when(set(2)).thenNothing();
    past(first)
      .when(set(2, { weight: 7 }))
      .then(QuotaSet({ queue: queue({ weight: 7 }), at: at(2) }));
  });
  it('tells its facts apart by time, whatever the clocks say', () =>
    expect(past(first).when(set(0, { weight: 7 })).decision).toMatchObject({
      events: [{ data: { at: '2026-01-01T00:00:01.001Z' } }],
    }));
  it('is nobody else’s until it is removed', () => {
    past(first)
      .when(set(2, { organizationId: 'rival' }))
      .thenRefused('QueueTaken');
    past(first).when(remove('rival')).thenRefused('QueueUnknown');
    past(first).when(remove('acme')).then(removed);
    past(first, removed).when(remove('acme')).thenRefused('QueueUnknown');
    past(first, removed)
      .when(set(6, { organizationId: 'rival' }))
      .then(QuotaSet({ queue: queue({ organizationId: 'rival' }), at: at(6) }));
  });
});

describe('A reservation', () => {
  const past = given(keptRoomDecider);
  const reservation: ReservationSpec = {
    ...{ reservationId: 'rsv_1', organizationId: 'acme', name: 'demo', nodes: 1, startsAt: at(10), endsAt: at(20) },
    resources: { gpus: 2, gpuMilli: 1_000, cpuMilli: 2_000, memoryMiB: 2_048 },
    placement: { sources: ['owned'], regions: [], simulated: true },
  };
  const made = ReservationMade({ reservation, at: at(0) });
  const cancel = (seconds: number, organizationId = 'acme') =>
    ({
      type: 'CancelReservation',
      data: { reservationId: 'rsv_1', organizationId, reason: 'over', at: at(seconds) },
    }) as const;

  it('is made once and cancelled once, while it lasts, by its owner', () => {
    past().when({ type: 'MakeReservation', data: made.data }).then(made);
    past(made).when({ type: 'MakeReservation', data: made.data }).thenNothing();
    const cancelled = ReservationCancelled(cancel(5).data);
    past(made).when(cancel(5)).then(cancelled);
    past(made, cancelled).when(cancel(6)).thenNothing();
    past(made).when(cancel(20)).thenNothing();
    past(made).when(cancel(5, 'rival')).thenRefused('ReservationUnknown');
    past().when(cancel(5)).thenRefused('ReservationUnknown');
  });
});
