import { accept, refuse, type Command, type Decider } from '@solyx/kernel';
import type { NodeFacts, NodeTerms } from '@solyx/contracts';
import { NodeCordoned, NodeLeft, NodeLost, NodeRecovered, NodeRegistered } from '@solyx/contracts/drm';

export type NodeCommand =
  | Command<'RegisterNode', NodeRegistered['data']>
  | Command<'CordonNode', NodeCordoned['data']>
  | Command<'LoseNode', NodeLost['data']>
  | Command<'RecoverNode', NodeRecovered['data']>
  | Command<'LeaveNode', NodeLeft['data']>;
export type NodeEvent = NodeRegistered | NodeCordoned | NodeLost | NodeRecovered | NodeLeft;
export type NodeRefusal = 'NodeUnknown' | 'NodeGone';

export interface Node {
  readonly phase: 'Unknown' | 'Ready' | 'Cordoned' | 'Lost' | 'Left';
  readonly terms: NodeTerms | undefined;
  readonly facts: NodeFacts | undefined;
  /** It leaves as soon as it is empty. */
  readonly leaving: boolean;
}

/** A machine of the fleet, from joining to leaving. What runs on it is the partition's business. */
export const nodeDecider: Decider<NodeCommand, Node, NodeEvent, NodeRefusal> = {
  name: 'drm.node',
  initial: { phase: 'Unknown', terms: undefined, facts: undefined, leaving: false },

  decide({ type, data }, node) {
    if (type === 'RegisterNode') {
      // A machine that left or was lost may join again, with what it is now.
      const isHere = node.phase === 'Ready' || node.phase === 'Cordoned';
      return isHere ? accept() : accept(NodeRegistered(data));
    }
    if (node.phase === 'Unknown') return refuse('NodeUnknown', { nodeId: data.nodeId });
    switch (type) {
      case 'CordonNode':
        return cordon(node, data);
      case 'LoseNode':
        return node.phase === 'Ready' || node.phase === 'Cordoned' ? accept(NodeLost(data)) : accept();
      case 'RecoverNode':
        return node.phase === 'Lost' ? accept(NodeRecovered(data)) : accept();
      case 'LeaveNode':
        return node.phase === 'Left' ? accept() : accept(NodeLeft(data));
    }
  },

  evolve(node, { type, data }) {
    switch (type) {
      case 'drm.node.registered':
        return { phase: 'Ready', terms: data.terms, facts: data.facts, leaving: false };
      case 'drm.node.cordoned':
        return { ...node, phase: node.phase === 'Lost' ? 'Lost' : 'Cordoned', leaving: node.leaving || data.leave };
      case 'drm.node.lost':
        return { ...node, phase: 'Lost' };
      case 'drm.node.recovered':
        return { ...node, phase: 'Ready' };
      case 'drm.node.left':
        return { ...node, phase: 'Left' };
      default:
        return node;
    }
  },
};

function cordon(node: Node, data: NodeCordoned['data']): ReturnType<typeof nodeDecider.decide> {
  if (node.phase === 'Left') return refuse('NodeGone', { nodeId: data.nodeId });
  const isSo = node.phase === 'Cordoned' && (node.leaving || !data.leave);
  return isSo ? accept() : accept(NodeCordoned(data));
}
