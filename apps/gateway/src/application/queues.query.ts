import { Injectable } from '@nestjs/common';
import { Clock } from '@solyx/kernel';
import { QUOTA_UNLIMITED, type QueueSpec, type Quota } from '@solyx/contracts';
import { parseInstant, type AtInput } from '../domain/instant';
import { addQuota, dominantShareMilli, NO_QUOTA, sharesOf, type Sharer } from '../domain/queue-shares';
import { periodStart, spentSince } from '../domain/queue-periods';
import { FleetQuery } from './fleet.query';
import { Gate } from './gate';
import type { Operation } from './operation';
import { TenantViews } from './tenant-views';
import {
  DEFAULT_COHORT,
  DEFAULT_QUEUE,
  gatewayClaim,
  gatewayCohort,
  gatewayQuota,
  gatewayReservation,
  gatewayRun,
  type ClaimRow,
  type ReservationRow,
} from './views';

const QUEUES_MAX = 500;
/** No attempt runs for longer: limits.max_runtime is at most so much. */
const RUN_MAX_MS = 30 * 86_400_000;

// A time of a period, not the clock's.
const isoOf = (millis: number): string => new Date(millis).toISOString();

/** An amount of which null is not limited. */
type Limit = { readonly [Resource in keyof Quota]: number | null };

export interface BudgetView {
  readonly period: string;
  readonly since: string;
  readonly gpuMilliHours: number | null;
  readonly microUsd: string | null;
  readonly spentGpuMilliHours: number;
  readonly spentMicroUsd: string;
}

export interface QueueView {
  readonly id: string;
  /** Null for the queue that nobody has set: it is in none, and nothing limits it. */
  readonly cohort: string | null;
  /** False for the queue that every organization has without having set it. */
  readonly isSet: boolean;
  readonly nominal: Limit;
  readonly borrowingLimit: Limit;
  readonly lendingLimit: Limit;
  readonly weight: number;
  readonly priority: number;
  readonly budgets: readonly BudgetView[];
  readonly used: Quota;
  readonly wanted: Quota;
  readonly borrowed: Quota;
  readonly lent: Quota;
  readonly fairShareMilli: number | null;
  readonly dominantShareMilli: number;
  readonly running: number;
  readonly waiting: number;
  readonly since: string | null;
}

const UNLIMITED: Quota = { gpuMilli: QUOTA_UNLIMITED, cpuMilli: QUOTA_UNLIMITED, memoryMiB: QUOTA_UNLIMITED };
const amount = (value: number): number | null => (value >= QUOTA_UNLIMITED ? null : value);
const limit = ({ gpuMilli, cpuMilli, memoryMiB }: Quota): Limit => ({
  gpuMilli: amount(gpuMilli),
  cpuMilli: amount(cpuMilli),
  memoryMiB: amount(memoryMiB),
});
const implicit = (organizationId: string): QueueSpec => ({
  ...{ queueId: DEFAULT_QUEUE, organizationId, cohort: DEFAULT_COHORT, nominal: UNLIMITED, weight: 100, budgets: [] },
});

/** Queues of the caller's organization with what they use and lend, and the room that is kept for it. */
@Injectable()
export class QueuesQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly fleet: FleetQuery,
    private readonly gate: Gate,
    private readonly clock: Clock,
  ) {}

  async queues(operation: Operation, at?: AtInput | null): Promise<readonly QueueView[]> {
    await this.gate.allow(operation, 'queues:read');
    const { organizationId } = operation;
    const [own, cohorts, claims, capacity] = await Promise.all([
      this.views.ownPage(operation, gatewayQuota, { first: QUEUES_MAX, order: 'oldest', at }),
      this.views.sharedRows(operation, gatewayCohort, at),
      this.views.sharedRows(operation, gatewayClaim, at),
      this.fleet.capacity(operation, at),
    ]);
    const rows = own.rows.map(({ row }) => row);
    const mine = claims.filter((claim) => claim.organizationId === organizationId);
    const set = rows.map(({ spec, since }) => ({ spec, since }));
    const isImplicit = !rows.some(({ id }) => id === DEFAULT_QUEUE);
    const all = isImplicit ? [{ spec: implicit(organizationId), since: null }, ...set] : set;
    const sharers = cohorts.map((row) => ({ ...row, used: usedBy(claims, row.organizationId, row.queueId) }));
    const now = this.instantOf(at);
    return Promise.all(
      all.map(async ({ spec, since }) => ({
        ...toView(spec, since, mine, { sharers, capacity }),
        budgets: await this.budgets(operation, spec, { now, at }),
      })),
    );
  }

  /** Each budget with what was spent of it in its present period; running work counts with what it has used so far. */
  private async budgets(
    operation: Operation,
    { queueId, budgets }: QueueSpec,
    { now, at }: { readonly now: number; readonly at?: AtInput | null | undefined },
  ): Promise<readonly BudgetView[]> {
    if (budgets.length === 0) return [];
    const starts = budgets.map(({ period }) => periodStart(period, now));
    const oldest = Math.min(...starts) - RUN_MAX_MS;
    const runs = await this.views.ownRows(operation, gatewayRun, {
      at,
      where: { queue: queueId },
      enough: ({ from }) => from !== null && Date.parse(from) < oldest,
    });
    return budgets.map(({ period, gpuMilliHours, microUsd }, index) => {
      const since = starts[index] ?? 0;
      const spent = spentSince(runs, since, now);
      return {
        ...{ period, since: isoOf(since), gpuMilliHours: gpuMilliHours ?? null, microUsd: microUsd ?? null },
        ...{ spentGpuMilliHours: spent.gpuMilliHours, spentMicroUsd: spent.microUsd },
      };
    });
  }

  /** Milliseconds since 1970. A position says no time: there, it is now. */
  private instantOf(at?: AtInput | null): number {
    const parsed = parseInstant(at, this.clock.now());
    return parsed.ok && parsed.at !== undefined && 'time' in parsed.at ? Date.parse(parsed.at.time) : this.clock.now();
  }

  async queue(operation: Operation, id: string, at?: AtInput | null): Promise<QueueView | null> {
    return (await this.queues(operation, at)).find((queue) => queue.id === id) ?? null;
  }

  /** Newest first, at most 500; ended ones too. */
  async reservations(operation: Operation, at?: AtInput | null) {
    await this.gate.allow(operation, 'queues:read');
    const page = await this.views.ownPage(operation, gatewayReservation, { first: QUEUES_MAX, order: 'newest', at });
    const time = isoOf(this.instantOf(at));
    return page.rows.map(({ row }) => toReservation(row, time));
  }
}

function usedBy(claims: readonly ClaimRow[], organizationId: string, queueId: string): Quota {
  return claims
    .filter((claim) => claim.phase === 'Holding' && claim.organizationId === organizationId && claim.queue === queueId)
    .reduce<Quota>(addQuota, NO_QUOTA);
}

interface Around {
  readonly sharers: readonly (Sharer & { readonly queueId: string; readonly cohort: string })[];
  readonly capacity: Quota;
}

function toView(
  spec: QueueSpec,
  since: string | null,
  mine: readonly ClaimRow[],
  around: Around,
): Omit<QueueView, 'budgets'> {
  const claims = mine.filter(({ queue }) => queue === spec.queueId);
  const of = (phase: ClaimRow['phase']): readonly ClaimRow[] => claims.filter((claim) => claim.phase === phase);
  const sum = (rows: readonly ClaimRow[]): Quota =>
    rows.reduce<Quota>(
      (a, { gpuMilli, cpuMilli, memoryMiB }) => addQuota(a, { gpuMilli, cpuMilli, memoryMiB }),
      NO_QUOTA,
    );
  const used = sum(of('Holding'));
  const sharer: Sharer = { ...spec, used };
  const cohort = around.sharers.filter((one) => one.cohort === spec.cohort);
  const isSet = since !== null;
  const shares = sharesOf(isSet ? cohort : [sharer], sharer);
  return {
    ...{ id: spec.queueId, cohort: isSet ? spec.cohort : null, isSet, weight: spec.weight, since },
    ...{ nominal: limit(spec.nominal), priority: spec.priority ?? 50, used, wanted: sum(of('Waiting')) },
    borrowingLimit: limit(spec.borrowingLimit ?? UNLIMITED),
    lendingLimit: limit(spec.lendingLimit ?? UNLIMITED),
    ...shares,
    fairShareMilli: isSet ? shares.fairShareMilli : null,
    dominantShareMilli: dominantShareMilli(used, around.capacity),
    running: of('Holding').length,
    waiting: of('Waiting').length,
  };
}

function toReservation({ id, spec, phase, reason, since, position }: ReservationRow, now: string) {
  const { name, queue, resources, nodes, placement, startsAt, endsAt } = spec;
  const running = now < startsAt ? 'Upcoming' : now < endsAt ? 'Active' : 'Ended';
  return {
    ...{ id, name, nodes, startsAt, endsAt, reason, since, position },
    phase: phase === 'Cancelled' ? 'Cancelled' : running,
    queue: queue ?? null,
    simulated: placement.simulated,
    gpuModel: resources.gpuModel ?? null,
    gpusPerNode: resources.gpus,
    cpuMilliPerNode: resources.cpuMilli,
    memoryMiBPerNode: resources.memoryMiB,
  };
}
