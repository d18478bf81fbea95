import type { QueueSpec, ReservationSpec } from '@solyx/contracts';
import {
  EtaComputed,
  ExplanationComputed,
  FleetMeasured,
  NodeCordoned,
  NodeProcured,
  NodeUncordoned,
  PolicyAdopted,
  QuotaRemoved,
  QuotaSet,
  ReservationCancelled,
  ReservationMade,
  ShadowPricesObserved,
} from '@solyx/contracts/drm';
import {
  EtaRequested,
  ExplanationRequested,
  FleetFiguresRequested,
  NodeCordonRequested,
  NodeUncordonRequested,
  ProcurementRequested,
  QueueRequested,
  ReservationCancelRequested,
  ReservationRequested,
} from '@solyx/contracts/gateway';
import type { Plane } from './plane';

const at = '2026-01-01T00:00:00.000Z';
const start = { p10At: at, p50At: '2026-01-01T00:05:00.000Z', p90At: '2026-01-01T00:10:00.000Z' };

export const queueOf = (queueId: string, organizationId: string, changes: Partial<QueueSpec> = {}): QueueSpec => ({
  ...{ queueId, organizationId, cohort: 'main', weight: 100, priority: 50 },
  nominal: { gpuMilli: 2000, cpuMilli: 1_000_000_000_000, memoryMiB: 1_000_000_000_000 },
  budgets: [{ period: 'week', gpuMilliHours: 100_000 }],
  ...changes,
});

export const reservationOf = (reservationId: string, organizationId: string): ReservationSpec => ({
  ...{ reservationId, organizationId, name: 'demo', nodes: 1, startsAt: at, endsAt: '2026-01-02T00:00:00.000Z' },
  resources: { gpus: 2, gpuMilli: 1000, cpuMilli: 2000, memoryMiB: 2048 },
  placement: { sources: ['owned'], regions: [], simulated: true },
});

/** The scheduler, as far as the gateway can tell: a queue and a reservation of one organization, and an answer to each wish. */
export async function answerScheduling(plane: Plane, organizationId: string): Promise<void> {
  await plane.record('drm.quota-research', QuotaSet({ queue: queueOf('research', organizationId), at }));
  await plane.record(
    'drm.reservation-rsv_1',
    ReservationMade({ reservation: reservationOf('rsv_1', organizationId), at }),
  );
  await plane.record('drm.partition-main', PolicyAdopted({ policy: 'shadow-price/1', at }));
  const slices = [{ gpuMilli: 500, microGpu: 520_000, demandPpm: 400_000 }];
  await plane.record('drm.partition-main', ShadowPricesObserved({ version: 1, solver: 'highs 1', slices, at }));
  await answerQueues(plane);
  await answerNodes(plane);
  await answerOutlook(plane);
}

async function answerQueues(plane: Plane): Promise<void> {
  await plane.on(QueueRequested.type, ({ data }, tenant) => {
    const { queueId, queue } = data as QueueRequested['data'];
    const { organizationId } = tenant;
    const event = queue === undefined ? QuotaRemoved({ queueId, organizationId, at }) : QuotaSet({ queue, at });
    return plane.record(`drm.quota-${queueId}`, event, tenant);
  });
  await plane.on(ReservationRequested.type, ({ data }, tenant) => {
    const { reservation } = data as ReservationRequested['data'];
    return plane.record(`drm.reservation-${reservation.reservationId}`, ReservationMade({ reservation, at }), tenant);
  });
  await plane.on(ReservationCancelRequested.type, ({ data }, tenant) => {
    const { reservationId, reason } = data as ReservationCancelRequested['data'];
    const { organizationId } = tenant;
    const event = ReservationCancelled({ reservationId, organizationId, reason, at });
    return plane.record(`drm.reservation-${reservationId}`, event, tenant);
  });
}

async function answerNodes(plane: Plane): Promise<void> {
  await plane.on(NodeCordonRequested.type, ({ data }, tenant) => {
    const { nodeId, reason } = data as NodeCordonRequested['data'];
    return plane.record(`drm.node-${nodeId}`, NodeCordoned({ nodeId, reason, leave: false, at }), tenant);
  });
  await plane.on(NodeUncordonRequested.type, ({ data }, tenant) => {
    const { nodeId, reason } = data as NodeUncordonRequested['data'];
    return plane.record(`drm.node-${nodeId}`, NodeUncordoned({ nodeId, reason, at }), tenant);
  });
  await plane.on(ProcurementRequested.type, ({ data }, tenant) => {
    const { nodeId, procurement } = data as ProcurementRequested['data'];
    return plane.record(`drm.node-${nodeId}`, NodeProcured({ nodeId, procurement, at }), tenant);
  });
}

async function answerOutlook(plane: Plane): Promise<void> {
  await plane.on(EtaRequested.type, ({ data }, tenant) => {
    const { etaId, jobId } = data as EtaRequested['data'];
    const calibration = {
      starts: 100,
      coveredPerMille: 810,
      earlierPerMille: 90,
      laterPerMille: 100,
      errorSeconds: 30,
    };
    const eta = EtaComputed({
      ...{ etaId, observations: 12, basis: 'shape', calibration, simulated: true, sentence: 'Soon.', at, start },
      ...(jobId === undefined ? { phase: 'Planned' } : { phase: 'Waiting', workloadId: jobId }),
    });
    return plane.record(`drm.eta-${etaId}`, eta, tenant);
  });
  await plane.on(ExplanationRequested.type, ({ data }, tenant) => {
    const { explanationId, jobId } = data as ExplanationRequested['data'];
    const said = ExplanationComputed({
      ...{ explanationId, workloadId: jobId, phase: 'Waiting', ahead: 1, start, at },
      reasons: [{ reason: 'InsufficientGpus', count: 2 }],
      blockers: [{ name: 'another organization’s', position: 'ahead' }],
      waysIn: [{ kind: 'add-nodes', value: '1', sentence: 'Add a node.' }],
      sentence: 'It waits.',
    });
    return plane.record(`drm.explanation-${explanationId}`, said, tenant);
  });
  await plane.on(FleetFiguresRequested.type, ({ data }, tenant) => {
    const { fleetId } = data as FleetFiguresRequested['data'];
    const figures = { gpuMilli: 4000, gpuMilliFree: 1000, gpuMilliFragmented: 250, fragmentedPerMille: 250 };
    const stranded = { gpuMilliWithoutCpu: 0, gpuMilliWithoutMemory: 0 };
    const node = { nodeId: 'node-1', source: 'owned' as const, simulated: true, gpuModel: 'H100' };
    const measured = FleetMeasured({
      ...{ fleetId, nodes: 1, classes: 3, ownedMicroUsdPerGpuHour: '0', sentence: 'A quarter is fragmented.', at },
      ...{ ...figures, ...stranded, worst: [{ ...node, ...figures, ...stranded }] },
    });
    return plane.record(`drm.fleet-${fleetId}`, measured, tenant);
  });
}
