import { Injectable } from '@nestjs/common';
import { Clock, isPermitted } from '@solyx/kernel';
import type { Quota } from '@solyx/contracts';
import type { AtInput } from '../domain/instant';
import { parseInstant } from '../domain/instant';
import { NO_QUOTA } from '../domain/queue-shares';
import { Freshness } from './freshness';
import { Gate } from './gate';
import type { Operation } from './operation';
import { TenantViews } from './tenant-views';
import {
  gatewayAllocation,
  gatewayLease,
  gatewayNode,
  gatewayOffer,
  gatewayQueue,
  type AllocationRow,
  type LeaseRow,
  type NodeRow,
  type OfferRow,
} from './views';

export interface NodeView extends Omit<NodeRow, 'gpus'> {
  readonly gpus: readonly (NodeRow['gpus'][number] & { readonly freeMilli: number })[];
  readonly gpuMilliTotal: number;
  readonly gpuMilliFree: number;
  readonly cpuMilliFree: number;
  readonly memoryMiBFree: number;
  /** The caller's own jobs on it; other tenants' stay unknown. */
  readonly jobs: readonly string[];
}

export interface FleetView {
  readonly nodes: readonly NodeView[];
  readonly leases: readonly LeaseRow[];
  readonly offers: readonly OfferRow[];
  readonly gpuMilliTotal: number;
  readonly gpuMilliFree: number;
  readonly simulatedGpus: number;
  readonly realGpus: number;
  readonly queued: number;
  readonly position: string;
}

type Held = AllocationRow['shares'][number] & { readonly jobId: string; readonly organizationId: string };

/** Nodes, leases and offers, and what of them is free. */
@Injectable()
export class FleetQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  async fleet(operation: Operation, at?: AtInput | null): Promise<FleetView> {
    await this.gate.allow(operation, 'fleet:read');
    const [nodes, requested, active, draining, offers, queue] = await Promise.all([
      this.nodes(operation, at),
      this.views.sharedRows(operation, gatewayLease, at, { phase: 'Requested' }),
      this.views.sharedRows(operation, gatewayLease, at, { phase: 'Active' }),
      this.views.sharedRows(operation, gatewayLease, at, { phase: 'Draining' }),
      this.freshOffers(operation, at),
      this.views.sharedRows(operation, gatewayQueue, at),
    ]);
    const gpus = (simulated: boolean): number =>
      nodes.filter((node) => node.simulated === simulated).reduce((sum, node) => sum + node.gpus.length, 0);
    return {
      nodes,
      leases: [...requested, ...active, ...draining],
      offers,
      gpuMilliTotal: nodes.reduce((sum, node) => sum + node.gpuMilliTotal, 0),
      gpuMilliFree: nodes.reduce((sum, node) => sum + node.gpuMilliFree, 0),
      simulatedGpus: gpus(true),
      realGpus: gpus(false),
      queued: queue.length,
      position: this.position(operation, nodes, at),
    };
  }

  async node(operation: Operation, id: string, at?: AtInput | null): Promise<NodeView | null> {
    await this.gate.allow(operation, 'fleet:read');
    const row = await this.views.shared(operation, gatewayNode, id, at);
    return row ? withFree(row, await this.held(operation, at), operation) : null;
  }

  async offers(operation: Operation, at?: AtInput | null): Promise<readonly OfferRow[]> {
    await this.gate.allow(operation, 'fleet:read');
    return this.freshOffers(operation, at);
  }

  /** What all nodes have, taken together. */
  async capacity(operation: Operation, at?: AtInput | null): Promise<Quota> {
    const rows = await this.views.sharedRows(operation, gatewayNode, at);
    return rows.reduce(
      (sum, { gpus, cpuMilliTotal, memoryMiBTotal }) => ({
        gpuMilli: sum.gpuMilli + gpus.length * 1000,
        cpuMilli: sum.cpuMilli + cpuMilliTotal,
        memoryMiB: sum.memoryMiB + memoryMiBTotal,
      }),
      NO_QUOTA,
    );
  }

  private async nodes(operation: Operation, at?: AtInput | null): Promise<readonly NodeView[]> {
    const [rows, held] = await Promise.all([
      this.views.sharedRows(operation, gatewayNode, at),
      this.held(operation, at),
    ]);
    return rows.map((row) => withFree(row, held, operation));
  }

  private async held(operation: Operation, at?: AtInput | null): Promise<ReadonlyMap<string, readonly Held[]>> {
    const byNode = new Map<string, Held[]>();
    for (const { shares, jobId, organizationId } of await this.views.sharedRows(operation, gatewayAllocation, at)) {
      for (const share of shares) {
        const list = byNode.get(share.nodeId) ?? [];
        list.push({ ...share, jobId, organizationId });
        byNode.set(share.nodeId, list);
      }
    }
    return byNode;
  }

  /** Offers that may still be taken at the instant asked for. A position says no time: there, all are shown. */
  private async freshOffers(operation: Operation, at?: AtInput | null): Promise<readonly OfferRow[]> {
    const rows = await this.views.sharedRows(operation, gatewayOffer, at);
    const parsed = parseInstant(at, this.clock.now());
    if (parsed.ok && parsed.at !== undefined && 'position' in parsed.at) return rows;
    const time = parsed.ok && parsed.at !== undefined && 'time' in parsed.at ? parsed.at.time : this.clock.iso();
    return rows.filter(({ freshUntil }) => freshUntil > time);
  }

  private position(operation: Operation, nodes: readonly NodeView[], at?: AtInput | null): string {
    if (typeof at?.position === 'string') return at.position;
    const newest = nodes.reduce((max, { position }) => (BigInt(position) > max ? BigInt(position) : max), 0n);
    const known = at ? -1n : this.freshness.known(operation.organizationId);
    return String(known > newest ? known : newest);
  }
}

function withFree(row: NodeRow, heldByNode: ReadonlyMap<string, readonly Held[]>, operation: Operation): NodeView {
  const { organizationId, caller } = operation;
  const held = heldByNode.get(row.id) ?? [];
  const usedOf = new Map<number, number>();
  for (const { gpuIndexes, gpuMilli } of held) {
    for (const index of gpuIndexes) usedOf.set(index, (usedOf.get(index) ?? 0) + gpuMilli / gpuIndexes.length);
  }
  const gpus = row.gpus.map((gpu) => ({
    ...gpu,
    freeMilli: Math.max(0, Math.round(1000 - (usedOf.get(gpu.index) ?? 0))),
  }));
  const sum = (pick: (share: Held) => number): number => held.reduce((total, share) => total + pick(share), 0);
  return {
    ...row,
    // What was paid for a node is for those who pay.
    procurement: isPermitted(caller.actor, 'fleet:procure') ? row.procurement : null,
    gpus,
    gpuMilliTotal: gpus.length * 1000,
    gpuMilliFree: gpus.reduce((total, { freeMilli }) => total + freeMilli, 0),
    cpuMilliFree: Math.max(0, row.cpuMilliTotal - sum(({ cpuMilli }) => cpuMilli)),
    memoryMiBFree: Math.max(0, row.memoryMiBTotal - sum(({ memoryMiB }) => memoryMiB)),
    jobs: [...new Set(held.filter((share) => share.organizationId === organizationId).map(({ jobId }) => jobId))],
  };
}
