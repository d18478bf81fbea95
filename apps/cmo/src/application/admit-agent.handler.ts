import { Injectable } from '@nestjs/common';
import { NodeLeft, NodeRegistered } from '@solyx/contracts/drm';
import { OnEvent, OnTick, Views } from '@solyx/eventing';
import type { Recorded } from '@solyx/kernel';
import { AgentConsumers } from './agent-consumers';
import { agentNode } from './agent-node.projection';

const ENSURE_EVERY_MS = 30_000;
const NODES_PER_PAGE = 500;
const PAGES_MAX = 20;

/** A node with an agent gets a way to hear of its tasks, and keeps it even where the bus forgot everything. */
@Injectable()
export class AdmitAgentHandler {
  constructor(
    private readonly consumers: AgentConsumers,
    private readonly views: Views,
  ) {}

  @OnEvent(NodeRegistered)
  async registered({ data }: Recorded<NodeRegistered>): Promise<void> {
    if (data.terms.executor === 'agent') await this.consumers.ensure(data.terms.nodeId);
  }

  @OnEvent(NodeLeft)
  async left({ data }: Recorded<NodeLeft>): Promise<void> {
    await this.consumers.remove(data.nodeId);
  }

  @OnTick(ENSURE_EVERY_MS)
  async ensureAll(): Promise<void> {
    let after: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = { first: NODES_PER_PAGE, ...(after === undefined ? {} : { after }) };
      const { rows, hasNext } = await this.views.list(agentNode, query);
      for (const { row } of rows) await this.consumers.ensure(row.nodeId);
      after = rows.at(-1)?.cursor;
      if (!hasNext || after === undefined) return;
    }
  }
}
