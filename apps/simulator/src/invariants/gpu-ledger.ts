import type { Allocation, NodeFacts, NodeTerms, WorkloadRequest } from '@solyx/contracts';
import type { AllocationGranted, PreemptionRequested } from '@solyx/contracts/drm';

export type Fail = (invariant: string, message: string) => void;

interface NodeBook {
  readonly terms: NodeTerms;
  readonly facts: NodeFacts;
  here: boolean;
  cordoned: boolean;
}

interface Held {
  gpuMilli: number;
  cpuMilli: number;
  memoryMiB: number;
}

/** Surely later in the queue: lower priority, or the same and younger. */
const isBehind = (other: WorkloadRequest, one: WorkloadRequest): boolean =>
  other.priority === one.priority ? other.queuedAt > one.queuedAt : other.priority < one.priority;

const EVICTED_ONCE = 'an eviction is of somebody who runs, once, for somebody who waits';
const millisOf = (at: string): number => Date.parse(at);
const HELD_TWICE = 'no GPU-milli is held twice';
/** Why a grant may pass over an owned node that is free. */
const PASSED_OVER = new Set(['CostsMore', 'DataElsewhere', 'SourcePreferred', 'BehindInQueue', 'GangIncomplete']);

/** Who holds what, kept from the journal alone: a second book beside the scheduler's own. */
export class GpuLedger {
  readonly nodes = new Map<string, NodeBook>();
  readonly waiting = new Map<string, WorkloadRequest>();
  readonly held = new Map<string, Allocation>();
  grants = 0;
  preemptions = 0;
  /** Grants of leased nodes that were compared with every owned one. */
  comparedWithOwned = 0;
  private readonly used = new Map<string, Held>();
  private readonly usedGpus = new Map<string, number>();
  private readonly released = new Set<string>();
  private readonly asked = new Set<string>();
  /** Room was made for them, and is kept from others while they wait. */
  private readonly claimants = new Set<string>();
  /** By allocation: milliseconds since 1970 until which it is left alone. */
  private readonly safe = new Map<string, number>();

  constructor(private readonly fail: Fail) {}

  joined(terms: NodeTerms, facts: NodeFacts): void {
    this.nodes.set(terms.nodeId, { terms, facts, here: true, cordoned: false });
  }

  gone(nodeId: string): void {
    const node = this.nodes.get(nodeId);
    if (node) node.here = false;
  }

  cordoned(nodeId: string, isSo: boolean): void {
    const node = this.nodes.get(nodeId);
    if (node) node.cordoned = isSo;
  }

  queued(request: WorkloadRequest): void {
    this.waiting.set(request.workloadId, request);
  }

  ended(workloadId: string, attempt: number): void {
    const request = this.waiting.get(workloadId);
    if (request && request.attempt <= attempt) this.waiting.delete(workloadId);
  }

  granted({ allocation, candidates }: AllocationGranted['data']): void {
    const { allocationId, workloadId, shares } = allocation;
    this.grants += 1;
    const request = this.waiting.get(workloadId);
    if (this.held.has(allocationId) || this.released.has(allocationId)) {
      this.fail(HELD_TWICE, `${allocationId} was granted twice`);
    }
    if (!request) this.fail('only what waits is granted', `${workloadId} was granted and did not wait`);
    else if (
      shares.length > request.nodes ||
      shares.length < (request.nodesMin ?? request.nodes) ||
      new Set(shares.map(({ nodeId }) => nodeId)).size !== shares.length
    ) {
      this.fail('a gang is all or nothing', `${workloadId} asked for ${request.nodes} nodes, got ${shares.length}`);
    }
    if (request) this.checkOwnedFirst(request, allocation, candidates);
    this.held.set(allocationId, allocation);
    if (request) this.safe.set(allocationId, millisOf(allocation.grantedAt) + (request.minRuntimeSeconds ?? 60) * 1000);
    this.waiting.delete(workloadId);
    for (const share of shares) this.hold(share, allocationId, 1);
    for (const share of shares) this.checkPool(share, allocation);
  }

  /** Whoever is asked to leave holds what he is asked for, for the first time, and has had his minimum runtime. */
  preempted({ allocationId, forWorkloadId, at }: PreemptionRequested['data']): void {
    this.preemptions += 1;
    if (!this.held.has(allocationId)) this.fail(EVICTED_ONCE, `${allocationId} does not hold anything`);
    if (this.asked.has(allocationId)) this.fail(EVICTED_ONCE, `${allocationId} was asked before`);
    this.asked.add(allocationId);
    if (forWorkloadId !== undefined) this.claimants.add(forWorkloadId);
    // What a lessor takes back, nobody can hold on to.
    if (forWorkloadId === undefined) return;
    if (!this.waiting.has(forWorkloadId)) this.fail(EVICTED_ONCE, `${forWorkloadId} does not wait for the room`);
    if (millisOf(at) < (this.safe.get(allocationId) ?? 0)) {
      this.fail('nobody is preempted before its minimum runtime', `${allocationId} for ${forWorkloadId} at ${at}`);
    }
  }

  release(allocationId: string): void {
    const allocation = this.held.get(allocationId);
    if (!allocation) return this.fail('a release follows a grant', `${allocationId} was released and is not held`);
    this.held.delete(allocationId);
    this.released.add(allocationId);
    for (const share of allocation.shares) this.hold(share, allocationId, -1);
  }

  private hold(share: Allocation['shares'][number], allocationId: string, sign: 1 | -1): void {
    const { nodeId, gpuIndexes, gpuMilli } = share;
    const node = this.nodes.get(nodeId);
    if (sign === 1 && (!node?.here || node.cordoned)) {
      return this.fail('only a present node is granted', `${allocationId} is on ${nodeId}, which takes no work`);
    }
    if (!node) return;
    const used = this.usedOf(nodeId);
    used.gpuMilli += sign * gpuMilli;
    used.cpuMilli += sign * share.cpuMilli;
    used.memoryMiB += sign * share.memoryMiB;
    if (used.cpuMilli > node.facts.cpuMilli || used.memoryMiB > node.facts.memoryMiB) {
      this.fail('no CPU or memory is held twice', `${allocationId} overfills ${nodeId}: ${JSON.stringify(used)}`);
    }
    for (const index of gpuIndexes) {
      const key = `${nodeId}/${index}`;
      const milli = (this.usedGpus.get(key) ?? 0) + (sign * gpuMilli) / gpuIndexes.length;
      this.usedGpus.set(key, milli);
      const exists = node.facts.gpus.some((gpu) => gpu.index === index && gpu.model === share.gpuModel);
      if (sign === 1 && (milli > 1_000 || !exists)) {
        this.fail(HELD_TWICE, `${allocationId} brings GPU ${key} (${share.gpuModel}) to ${milli} of 1000`);
      }
    }
  }

  /** Everybody who holds something of a private pool is of one organization. */
  private checkPool(
    { nodeId, pool }: Allocation['shares'][number],
    { allocationId, organizationId }: Allocation,
  ): void {
    const known = this.nodes.get(nodeId)?.terms.pools?.find(({ poolId }) => poolId === pool?.poolId);
    if (known?.tenancy !== 'private') return;
    for (const { shares, organizationId: other } of this.held.values()) {
      const isThere = shares.some((one) => one.nodeId === nodeId && one.pool?.poolId === known.poolId);
      if (isThere && other !== organizationId) {
        this.fail('a private pool serves one organization', `${allocationId} is on ${known.poolId} beside ${other}`);
      }
    }
  }

  private usedOf(nodeId: string): Held {
    const used = this.used.get(nodeId) ?? { gpuMilli: 0, cpuMilli: 0, memoryMiB: 0 };
    this.used.set(nodeId, used);
    return used;
  }

  /**
   * What is leased is granted only where no owned node had room, or the grant records an owned node that was passed over
   * and why (it costs more to serve there). Compared where nothing else may explain it: one node
   * wanted, owned preferred, no price limit, no data, and nobody waits in front for whom nodes could be kept.
   */
  private checkOwnedFirst(
    request: WorkloadRequest,
    { shares, allocationId }: Allocation,
    candidates: AllocationGranted['data']['candidates'],
  ): void {
    const { placement, limits, data } = request;
    const [share] = shares;
    const { sharing, migProfile } = request.resources;
    const isWhole = sharing === undefined && migProfile === undefined && request.topology === undefined;
    const isPlain = isWhole && data.length === 0 && limits.maxPriceMicroUsdPerGpuHour === undefined;
    if (!share || shares.length > 1 || share.source !== 'leased' || !isPlain || placement.sources[0] !== 'owned')
      return;
    if ([...this.waiting.values()].some((other) => other !== request && !isBehind(other, request))) return;
    if ([...this.claimants].some((workloadId) => this.waiting.has(workloadId))) return;
    this.comparedWithOwned += 1;
    const free = [...this.nodes].filter(([, node]) => node.terms.source === 'owned' && this.fits(request, node));
    const [first] = free;
    const isTold = candidates.some(
      ({ nodeId, reason = '' }) => PASSED_OVER.has(reason) && free.some(([owned]) => owned === nodeId),
    );
    if (!first || isTold) return;
    this.fail('owned first', `${allocationId} is on leased ${share.nodeId} while owned ${first[0]} has room`);
  }

  private fits({ resources, placement }: WorkloadRequest, { terms, facts, here, cordoned }: NodeBook): boolean {
    const { gpus, gpuMilli, gpuModel, gpuMemoryMiB = 0, cpuMilli, memoryMiB } = resources;
    const used = this.usedOf(terms.nodeId);
    const pooled = new Set((terms.pools ?? []).flatMap(({ gpuIndexes }) => gpuIndexes));
    const free = facts.gpus.filter(
      ({ index, model, memoryMiB: memory, migEnabled }) =>
        migEnabled !== true &&
        !pooled.has(index) &&
        (gpuModel === undefined || model === gpuModel) &&
        memory >= gpuMemoryMiB &&
        1_000 - (this.usedGpus.get(`${terms.nodeId}/${index}`) ?? 0) >= gpuMilli,
    );
    return (
      here &&
      !cordoned &&
      terms.simulated === placement.simulated &&
      placement.regions.length === 0 &&
      free.length >= gpus &&
      facts.cpuMilli - used.cpuMilli >= cpuMilli &&
      facts.memoryMiB - used.memoryMiB >= memoryMiB
    );
  }
}
