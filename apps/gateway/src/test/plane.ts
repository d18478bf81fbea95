import { deriveId, PLATFORM_ORGANIZATION, type DomainEvent, type Recorded } from '@solyx/kernel';
import { eventRegistry, type Allocation, type AllocationShare, type JobSpec } from '@solyx/contracts';
import { ChargeCounted, ChargePosted, HoldPlaced, HoldReleased } from '@solyx/contracts/billing';
import { JobAdmitted, JobFailed, JobQueued, JobRunning, JobStarting, JobSucceeded } from '@solyx/contracts/cmo';
import { AllocationGranted, AllocationReleased, NodeRegistered, OfferObserved } from '@solyx/contracts/drm';
import { JobSubmitted } from '@solyx/contracts/gateway';
import type { EventLog, Subscription } from '@solyx/eventing';

export interface Tenant {
  readonly organizationId: string;
  readonly correlationId: string;
}

const AT = '2026-01-01T00:00:00.000Z';

export const share = (nodeId: string, changes: Partial<AllocationShare> = {}): AllocationShare => ({
  nodeId,
  rank: 0,
  site: 'site-1',
  source: 'owned',
  provider: 'owned',
  simulated: true,
  executor: 'simulated',
  gpuModel: 'H100',
  gpuIndexes: [0],
  gpuMilli: 1000,
  cpuMilli: 1000,
  memoryMiB: 1024,
  priceMicroUsdPerHour: '2000000',
  ...changes,
});

export const allocation = (jobId: string, organizationId: string, shares = [share('node-1')]): Allocation => ({
  allocationId: `alloc_${jobId}`,
  workloadId: jobId,
  attempt: 1,
  organizationId,
  project: 'default',
  shares,
  transfers: [],
  priceMicroUsdPerHour: '2000000',
  grantedAt: AT,
});

/** The other services, as far as the gateway can tell: it records what they would have recorded. */
export class Plane {
  private count = 0;
  private readonly subscriptions: Subscription[] = [];

  constructor(private readonly log: EventLog) {}

  async record(stream: string, event: DomainEvent, tenant?: Partial<Tenant>): Promise<bigint> {
    this.count += 1;
    const data = eventRegistry.validate(event);
    const { position } = await this.log.append(
      stream,
      [
        {
          id: deriveId('plane', this.count),
          type: event.type,
          data,
          metadata: {
            version: eventRegistry.get(event.type)?.version ?? 1,
            organizationId: tenant?.organizationId ?? PLATFORM_ORGANIZATION,
            actor: { kind: 'service', id: stream.split('.')[0] ?? '', roles: [] },
            $correlationId: tenant?.correlationId ?? 'c',
            $causationId: tenant?.correlationId ?? 'c',
          },
        },
      ],
      'any',
    );
    return position;
  }

  /** Whenever one of these is recorded, `react` answers. */
  async on(type: string, react: (event: Recorded, tenant: Tenant) => Promise<unknown>): Promise<void> {
    const subscription = await this.log.subscribe({
      after: 'end',
      onEvent: async (event) => {
        if (event.type !== type) return;
        await react(event, {
          organizationId: event.metadata.organizationId,
          correlationId: event.metadata.$correlationId,
        });
      },
    });
    this.subscriptions.push(subscription);
  }

  /** cmo takes up every submitted job. */
  takeUpJobs(): Promise<void> {
    return this.on(JobSubmitted.type, (event, tenant) => {
      const { jobId, spec } = event.data as JobSubmitted['data'];
      return this.queue(jobId, spec, tenant);
    });
  }

  async queue(jobId: string, spec: JobSpec, tenant: Tenant): Promise<bigint> {
    const { organizationId } = tenant;
    const data = { jobId, requestId: 'req_1', organizationId, spec, submittedBy: 'someone', at: AT };
    return this.record(`cmo.job-${jobId}`, JobQueued(data), tenant);
  }

  async place(jobId: string, tenant: Tenant, shares = [share('node-1')]): Promise<bigint> {
    const { organizationId } = tenant;
    const hold = { holdId: `hold_${jobId}`, organizationId, jobId, amountMicroUsd: '5000000', at: AT };
    await this.record(`billing.budget-${organizationId}`, HoldPlaced(hold), tenant);
    const granted = allocation(jobId, organizationId, shares);
    const candidate = {
      nodeId: 'node-1',
      source: 'owned' as const,
      simulated: true,
      score: 1,
      terms: [{ term: 'fit', value: 1 }],
      priceMicroUsdPerHour: '2000000',
      verdict: 'chosen' as const,
    };
    // The scheduler's appends carry the metadata of whichever request came first: not to be trusted for the tenant.
    await this.record(
      'drm.partition-main',
      AllocationGranted({
        ...{ allocation: granted, policy: 'best-fit@1', candidates: [candidate], at: AT },
        sentence: 'node-1 is owned, free and fits best.',
      }),
    );
    return this.record(`cmo.job-${jobId}`, JobAdmitted({ jobId, attempt: 1, allocation: granted, at: AT }), tenant);
  }

  async start(jobId: string, tenant: Tenant): Promise<bigint> {
    const stream = `cmo.job-${jobId}`;
    const starting = { jobId, attempt: 1, nodeIds: ['node-1'], stopAfterSeconds: 60, at: AT };
    await this.record(stream, JobStarting(starting), tenant);
    return this.record(stream, JobRunning({ jobId, attempt: 1, at: AT }), tenant);
  }

  async finish(jobId: string, tenant: Tenant): Promise<bigint> {
    const { organizationId } = tenant;
    await this.record(`cmo.job-${jobId}`, JobSucceeded({ jobId, attempt: 1, at: AT }), tenant);
    const released = { allocationId: `alloc_${jobId}`, workloadId: jobId, attempt: 1, organizationId };
    await this.record('drm.partition-main', AllocationReleased({ ...released, reason: 'Succeeded', at: AT }));
    await this.charge(jobId, tenant);
    return this.settle(jobId, tenant);
  }

  /** What the budget did with the charge and with what was left of the hold. */
  async settle(jobId: string, tenant: Tenant, chargedMicroUsd = '555'): Promise<bigint> {
    const { organizationId } = tenant;
    const hold = { holdId: `hold_${jobId}`, organizationId, jobId, at: AT };
    const amounts = { amountMicroUsd: chargedMicroUsd, fromHoldMicroUsd: chargedMicroUsd };
    const counted = ChargeCounted({ ...hold, ...amounts, chargeId: `charge_${jobId}` });
    await this.record(`billing.budget-${organizationId}`, counted, tenant);
    const releasedMicroUsd = String(5_000_000n - BigInt(chargedMicroUsd));
    return this.record(`billing.budget-${organizationId}`, HoldReleased({ ...hold, releasedMicroUsd }), tenant);
  }

  async fail(jobId: string, tenant: Tenant, reason: string): Promise<bigint> {
    const data = { jobId, attempt: 1, reason, message: '', exitCode: -1, at: AT };
    return this.record(`cmo.job-${jobId}`, JobFailed(data), tenant);
  }

  async charge(jobId: string, tenant: Tenant, totalMicroUsd = '555'): Promise<bigint> {
    const { organizationId } = tenant;
    const data = {
      ...{ chargeId: `charge_${jobId}`, organizationId, project: 'default', jobId, attempt: 1 },
      ...{ resource: { kind: 'job' as const, id: jobId }, final: true, period: AT.slice(0, 7) },
      ...{ allocationId: `alloc_${jobId}`, priceListVersion: 1, postings: [], totalMicroUsd, at: AT },
      lines: [
        {
          ...{ kind: 'gpu' as const, description: '1 × H100', source: 'owned' as const, simulated: true },
          ...{ nodeId: 'node-1', gpuModel: 'H100', quantity: '1000', unit: 'gpu-milli-second', from: AT, to: AT },
          ...{ rateNumerator: '2000000', rateDenominator: '3600000000', amountMicroUsd: totalMicroUsd },
          ...{ eventIds: ['e1'], positions: ['1'] },
        },
      ],
    };
    return this.record(`billing.account-${organizationId}`, ChargePosted(data), tenant);
  }

  async node(nodeId: string, gpus = 4, simulated = true): Promise<bigint> {
    const terms = {
      ...{ nodeId, source: 'owned' as const, provider: 'owned', simulated, executor: 'simulated' as const },
      ...{ site: 'site-1', region: 'eu-1', costMicroUsdPerHour: '0' },
    };
    const facts = {
      ...{ hostname: nodeId, os: 'linux', cpuMilli: 32_000, memoryMiB: 131_072 },
      gpus: Array.from({ length: gpus }, (_one, index) => ({ index, model: 'H100', memoryMiB: 81_920 })),
    };
    return this.record(`drm.node-${nodeId}`, NodeRegistered({ terms, facts, at: AT }));
  }

  async offer(offerId: string, freshUntil: string): Promise<bigint> {
    const offer = {
      ...{ offerId, provider: 'vast', simulated: true, site: 'site-2', region: 'us-1', gpuModel: 'A100' },
      ...{ gpuMemoryMiB: 40_960, gpusPerNode: 8, cpuMilli: 64_000, memoryMiB: 262_144, available: 3 },
      ...{ priceMicroUsdPerHour: '9000000', minimumSeconds: 60, bootSeconds: 30, observedAt: AT, freshUntil },
    };
    return this.record(`drm.offer-${offerId}`, OfferObserved({ offer, at: AT }));
  }

  async close(): Promise<void> {
    for (const subscription of this.subscriptions) await subscription.close();
  }
}
