import fc from 'fast-check';
import { eventRegistry, QUOTA_UNLIMITED } from '@solyx/contracts';
import { ProcurementRequested, QueueRequested, ReservationRequested } from '@solyx/contracts/gateway';
import { parseProcurementFile } from './procurement-file';
import { isQueueName, parseQueueFile } from './queue-file';
import { parseReservationFile } from './reservation-file';

const at = '2026-01-01T00:00:00.000Z';
const ids = { requestId: 'r', fingerprint: 'f', at };
const faultsOf = (parsed: { readonly ok: boolean; readonly faults?: readonly object[] }) => parsed.faults ?? [];

describe('A queue, as people write it', () => {
  it('is what it says, and not limited in what it leaves out', () => {
    expect(parseQueueFile({ nominal: { gpu: 8 } })).toEqual({
      ok: true,
      queue: {
        ...{ cohort: 'main', weight: 100, priority: 50, budgets: [] },
        nominal: { gpuMilli: 8000, cpuMilli: QUOTA_UNLIMITED, memoryMiB: QUOTA_UNLIMITED },
      },
    });
    const whole = parseQueueFile({
      ...{ cohort: 'vision', weight: 250, priority: 60, borrowing: { gpu: 0 }, lending: { gpu: '0.5' } },
      nominal: { gpu: '4', cpu: 20_000, memory: '2TiB' },
      budgets: ['100 GPU-h/week', '500.00 USD/month', '0.5 GPU-h/total'],
    });
    expect(whole).toMatchObject({
      ok: true,
      queue: {
        nominal: { gpuMilli: 4000, cpuMilli: 20_000_000, memoryMiB: 2_097_152 },
        borrowingLimit: { gpuMilli: 0, cpuMilli: QUOTA_UNLIMITED },
        lendingLimit: { gpuMilli: 500 },
        budgets: [
          { period: 'week', gpuMilliHours: 100_000 },
          { period: 'month', microUsd: '500000000' },
          { period: 'total', gpuMilliHours: 500 },
        ],
      },
    });
  });

  it.each([
    [{}, 'nominal', 'Write nominal: { gpu: 8 }; what is left out of it is not limited.'],
    [{ nominal: {} }, 'nominal', 'Write nominal: { gpu: 8 }, or leave it out.'],
    [{ nominal: { gpus: 8 } }, 'nominal.gpus', 'Did you mean gpu?'],
    [{ nominal: { gpu: 'H100:8' } }, 'nominal.gpu', 'Write 8 or 0.5.'],
    [{ nominal: { gpu: 8 }, borowing: { gpu: 1 } }, 'borowing', 'Did you mean borrowing?'],
    [{ nominal: { gpu: 8 }, weight: 0 }, 'weight', 'Write 100.'],
    [{ nominal: { gpu: 8 }, budgets: ['100 GPU-h'] }, 'budgets[0]', 'Write "100 GPU-h/week" or "500.00 USD/month".'],
    [{ nominal: { gpu: 8 }, budgets: ['100 GPU-h/weak'] }, 'budgets[0]', 'Did you mean week?'],
    [{ nominal: { gpu: 8 }, budgets: ['5 EUR/week'] }, 'budgets[0]', 'Write "100 GPU-h/week" or "500.00 USD/month".'],
    [{ nominal: { gpu: 8 }, budgets: ['1 GPU-h/day', '2 GPU-h/day'] }, 'budgets', 'Keep one.'],
  ])('refuses %j at %s', (file, field, hint) =>
    expect(faultsOf(parseQueueFile(file))).toContainEqual(expect.objectContaining({ field, hint })),
  );

  it('has a name that is a DNS label', () =>
    expect(['research', 'a', 'Not A Name', '', 'x'.repeat(64), 'a/b'].map(isQueueName)).toEqual([
      ...[true, true, false, false, false, false],
    ]));
});

describe('A reservation, as people write it', () => {
  it('is room as of a job, from a time to another', () =>
    expect(
      parseReservationFile({ resources: { gpu: 'H100:8' }, nodes: 2, start: '2027-01-31T18:00Z', duration: '2h' }),
    ).toMatchObject({
      ok: true,
      wish: {
        name: 'reservation',
        nodes: 2,
        start: '2027-01-31T18:00:00.000Z',
        durationSeconds: 7200,
        resources: { gpus: 8 },
      },
    }));

  it.each([
    [{ resources: { gpu: 1 } }, 'end', 'Write duration: 2h, or end: 2027-01-31T18:00Z.'],
    [{ resources: { gpu: 1 }, end: '2027-01-31T18:00Z', duration: '1h' }, 'duration', 'Keep one of them.'],
    [{ start: '2027-01-31T18:00Z', end: '2027-01-31T17:00Z' }, 'end', 'Let it end after it starts.'],
    [{ nodes: '1..2', duration: '1h' }, 'nodes', 'Write 2.'],
    [
      { until: 1, duration: '1h' },
      'until',
      'Known fields: name, queue, resources, nodes, placement, start, end, duration.',
    ],
  ])('refuses %j at %s', (file, field, hint) =>
    expect(faultsOf(parseReservationFile(file))).toContainEqual(expect.objectContaining({ field, hint })),
  );
});

describe('A procurement, as people write it', () => {
  const good = { price: '250000.00 USD', purchased: '2026-01-31', months: 48 };
  it('is what was paid, when, and how it is written off', () =>
    expect(parseProcurementFile({ ...good, energy: '0.12 USD/kWh', salvage: '10000 USD', gpu_hours: 200_000 })).toEqual(
      {
        ok: true,
        procurement: {
          ...{ purchaseMicroUsd: '250000000000', purchasedAt: '2026-01-31T00:00:00.000Z', lifetimeMonths: 48 },
          ...{ method: 'straight-line', idleWatts: 0, maxWatts: 0, salvageMicroUsd: '10000000000' },
          ...{ lifetimeGpuHours: 200_000, energyMicroUsdPerKwh: '120000' },
        },
      },
    ));

  it.each([
    [{}, 'price', 'Write price: "250000.00 USD", for the whole node.'],
    [{ ...good, purchased: 'long ago' }, 'purchased', 'Write 2026-01-31.'],
    [{ ...good, method: 'byuse' }, 'method', 'Did you mean by-use?'],
    [{ ...good, idle_watts: 9, max_watts: 1 }, 'max_watts', 'Swap them.'],
    [{ ...good, salvage: '300000 USD' }, 'salvage', 'Write what it is still worth at the end of its life.'],
    [{ ...good, energy: '0.12 USD' }, 'energy', 'Write an amount with its currency: "25.00 USD/kWh".'],
  ])('refuses %j at %s', (file, field, hint) =>
    expect(faultsOf(parseProcurementFile(file))).toContainEqual(expect.objectContaining({ field, hint })),
  );
});

describe('Whatever is written', () => {
  const names = [
    'nominal',
    'borrowing',
    'budgets',
    'weight',
    'gpu',
    'cpu',
    'memory',
    'resources',
    'nodes',
    'start',
    'end',
  ];
  const more = ['duration', 'placement', 'price', 'purchased', 'months', 'method', 'salvage', 'cohort', 'name'];
  const words = ['8', '64GiB', '2h', '250000.00 USD', '2026-01-31', '2027-01-31T18:00Z', '5 GPU-h/week', '__proto__'];
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.constantFrom<unknown>(...words, 1, 0, -1, 1e300, true),
      fc.dictionary(fc.constantFrom(...names, ...more), tie('any'), { maxKeys: 6 }),
      fc.array(tie('any'), { maxLength: 4 }),
    ),
  })).any;

  it('is refused with words, or is an event that the log takes; it never throws', () => {
    fc.assert(
      fc.property(fc.oneof(value, fc.dictionary(fc.constantFrom(...names, ...more), value)), (input) => {
        const queue = parseQueueFile(input);
        if (queue.ok) {
          const spec = { queueId: 'q', organizationId: 'o', ...queue.queue };
          eventRegistry.validate(QueueRequested({ ...ids, queueId: 'q', queue: spec }));
        } else expect(queue.faults.length).toBeGreaterThan(0);
        const room = parseReservationFile(input);
        if (room.ok) {
          const { name, resources, nodes, placement } = room.wish;
          const spec = { reservationId: 'r', organizationId: 'o', name, resources, nodes, placement };
          eventRegistry.validate(ReservationRequested({ ...ids, reservation: { ...spec, startsAt: at, endsAt: at } }));
        } else expect(room.faults.length).toBeGreaterThan(0);
        const bought = parseProcurementFile(input);
        if (bought.ok) {
          eventRegistry.validate(ProcurementRequested({ ...ids, nodeId: 'n', procurement: bought.procurement }));
        } else expect(bought.faults.length).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });
});
