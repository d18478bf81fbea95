import { Injectable } from '@nestjs/common';
import type { Recorded } from '@solyx/kernel';
import { parseProcurementFile } from '../domain/procurement-file';
import type { RequestCommand } from '../domain/request';
import { Gate } from './gate';
import type { Operation } from './operation';
import { refusable, specRefusal, toRefusal, type Refusal } from './refusal';
import { Requests, type Ack, type RequestIds } from './requests';
import { TenantViews } from './tenant-views';
import { gatewayNode, type NodeRow } from './views';

export interface NodeWish {
  readonly nodeId: string;
  readonly reason: string;
}

interface Ask {
  readonly mutation: string;
  readonly idempotencyKey: string;
  readonly input: { readonly nodeId: string };
  readonly command: (ids: RequestIds) => RequestCommand;
  /** True where the node is so already: nothing will answer. */
  readonly isSo?: (node: NodeRow) => boolean;
}

/** What operators ask of one node. */
@Injectable()
export class NodeCommands {
  constructor(
    private readonly requests: Requests,
    private readonly views: TenantViews,
    private readonly gate: Gate,
  ) {}

  async drain(operation: Operation, input: NodeWish & { readonly leave: boolean }, idempotencyKey: string) {
    await this.gate.allow(operation, 'fleet:drain');
    const command = (ids: RequestIds): RequestCommand => ({ type: 'DrainNode', data: { ...ids, ...input } });
    return this.ask(operation, { mutation: 'drainNode', idempotencyKey, input, command });
  }

  /** It takes no new work; what runs on it goes on. */
  async cordon(operation: Operation, input: NodeWish, idempotencyKey: string): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'fleet:drain');
    const command = (ids: RequestIds): RequestCommand => ({ type: 'CordonNode', data: { ...ids, ...input } });
    const isSo = ({ phase }: NodeRow): boolean => phase === 'Cordoned';
    return this.ask(operation, { mutation: 'cordonNode', idempotencyKey, input, command, isSo });
  }

  /** It takes work again. */
  async uncordon(operation: Operation, input: NodeWish, idempotencyKey: string): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'fleet:drain');
    const command = (ids: RequestIds): RequestCommand => ({ type: 'UncordonNode', data: { ...ids, ...input } });
    const isSo = ({ phase }: NodeRow): boolean => phase === 'Ready';
    return this.ask(operation, { mutation: 'uncordonNode', idempotencyKey, input, command, isSo });
  }

  /** What an owned node was bought for: the base of its price. */
  async procure(operation: Operation, nodeId: string, file: unknown, idempotencyKey: string): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'fleet:procure');
    const parsed = parseProcurementFile(file);
    if (!parsed.ok) return specRefusal(parsed.faults);
    const input = { nodeId, procurement: parsed.procurement };
    const command = (ids: RequestIds): RequestCommand => ({ type: 'ProcureNode', data: { ...ids, ...input } });
    return this.ask(operation, { mutation: 'procureNode', idempotencyKey, input, command });
  }

  private async ask(operation: Operation, { mutation, idempotencyKey, input, command, isSo }: Ask) {
    return refusable(async () => {
      const { nodeId } = input;
      const node = await this.views.shared(operation, gatewayNode, nodeId);
      if (!node) return toRefusal('NotFound', 'NodeUnknown', { nodeId: nodeId.slice(0, 128) });
      const ids = this.requests.identify(operation, mutation, idempotencyKey, input);
      const about = (event: Recorded): boolean => event.stream === `drm.node-${nodeId}`;
      const answers = isSo?.(node) === true ? undefined : about;
      return this.requests.ask(operation, ids, command(ids), { id: nodeId, answers });
    });
  }
}
