import type { NodeLeft, NodeRegistered } from '@solyx/contracts/drm';
import { defineProjection } from '@solyx/eventing';

export interface AgentNode {
  readonly nodeId: string;
}

/** Which nodes have an agent that reads tasks from the bus? */
export const agentNode = defineProjection<NodeRegistered | NodeLeft, AgentNode>({
  name: 'cmo_agent_node',
  version: 1,
  key: ({ data }) => ('terms' in data ? data.terms.nodeId : data.nodeId),
  initial: { nodeId: '' },
  on: {
    'drm.node.registered': (_, { terms }) => (terms.executor === 'agent' ? { nodeId: terms.nodeId } : undefined),
    'drm.node.left': () => undefined,
  },
});
