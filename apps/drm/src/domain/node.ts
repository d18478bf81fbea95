import { accept, canonicalJson, refuse, type Command, type Decider } from '@solyx/kernel';
import type { NodeFacts, NodeTerms, Procurement } from '@solyx/contracts';
import {
  NodeCordoned,
  NodeLeft,
  NodeLost,
  NodeProcured,
  NodeRecovered,
  NodeRegistered,
  NodeUncordoned,
} from '@solyx/contracts/drm';
import { isoOf, millisOf } from './partition-state';

export type NodeCommand =
  | Command<'RegisterNode', NodeRegistered['data']>
  | Command<'CordonNode', NodeCordoned['data']>
  | Command<'UncordonNode', NodeUncordoned['data']>
  | Command<'ProcureNode', NodeProcured['data']>
  | Command<'LoseNode', NodeLost['data']>
  | Command<'RecoverNode', NodeRecovered['data']>
  | Command<'LeaveNode', NodeLeft['data']>;
export type NodeEvent =
  NodeRegistered | NodeCordoned | NodeUncordoned | NodeProcured | NodeLost | NodeRecovered | NodeLeft;
export type NodeRefusal = 'NodeUnknown' | 'NodeGone' | 'NodeNotOwned';

export interface Node {
  readonly phase: 'Unknown' | 'Ready' | 'Cordoned' | 'Lost' | 'Left';
  readonly terms: NodeTerms | undefined;
  readonly facts: NodeFacts | undefined;
  /** It takes no new work, a loss and a return do not change that. */
  readonly cordoned: boolean;
  /** It leaves as soon as it is empty. */
  readonly leaving: boolean;
  /** What it was bought for; undefined where nobody said. */
  readonly procurement: Procurement | undefined;
  /** Of the newest fact; empty before the first. */
  readonly at: string;
}

/** Each fact is later than the one before, whatever the clocks of several machines say: the partition tells them apart. */
const after = <D extends { readonly at: string }>(node: Node, data: D): D =>
  data.at > node.at ? data : { ...data, at: isoOf(millisOf(node.at) + 1) };

/** A machine of the fleet, from joining to leaving. What runs on it is the partition's business. */
export const nodeDecider: Decider<NodeCommand, Node, NodeEvent, NodeRefusal> = {
  name: 'drm.node',
  initial: {
    ...{ phase: 'Unknown', terms: undefined, facts: undefined, cordoned: false, leaving: false },
    ...{ procurement: undefined, at: '' },
  },

  decide({ type, data }, node) {
    if (type === 'RegisterNode') {
      // A machine that left or was lost may join again, with what it is now.
      const isHere = node.phase === 'Ready' || node.phase === 'Cordoned';
      return isHere ? accept() : accept(NodeRegistered(after(node, data)));
    }
    if (node.phase === 'Unknown') return refuse('NodeUnknown', { nodeId: data.nodeId });
    switch (type) {
      case 'CordonNode':
        return cordon(node, data);
      case 'UncordonNode':
        return uncordon(node, data);
      case 'ProcureNode':
        return procure(node, data);
      case 'LoseNode':
        return node.phase === 'Ready' || node.phase === 'Cordoned' ? accept(NodeLost(after(node, data))) : accept();
      case 'RecoverNode':
        return node.phase === 'Lost' ? accept(NodeRecovered(after(node, data))) : accept();
      case 'LeaveNode':
        return node.phase === 'Left' ? accept() : accept(NodeLeft(after(node, data)));
    }
  },

  evolve(node, { type, data }) {
    const next = { ...node, at: data.at };
    switch (type) {
      case 'drm.node.registered':
        return { ...next, phase: 'Ready', terms: data.terms, facts: data.facts, cordoned: false, leaving: false };
      case 'drm.node.cordoned':
        return {
          ...next,
          phase: node.phase === 'Lost' ? 'Lost' : 'Cordoned',
          cordoned: true,
          leaving: node.leaving || data.leave,
        };
      case 'drm.node.procured':
        return { ...next, procurement: data.procurement };
      case 'drm.node.uncordoned':
        return { ...next, phase: node.phase === 'Lost' ? 'Lost' : 'Ready', cordoned: false, leaving: false };
      case 'drm.node.lost':
        return { ...next, phase: 'Lost' };
      case 'drm.node.recovered':
        return { ...next, phase: node.cordoned ? 'Cordoned' : 'Ready' };
      case 'drm.node.left':
        return { ...next, phase: 'Left' };
      default:
        return node;
    }
  },
};

function cordon(node: Node, data: NodeCordoned['data']): ReturnType<typeof nodeDecider.decide> {
  if (node.phase === 'Left') return refuse('NodeGone', { nodeId: data.nodeId });
  const isSo = node.cordoned && (node.leaving || !data.leave);
  return isSo ? accept() : accept(NodeCordoned(after(node, data)));
}

/** What is taken back is the wish to leave, too. */
function uncordon(node: Node, data: NodeUncordoned['data']): ReturnType<typeof nodeDecider.decide> {
  if (node.phase === 'Left') return refuse('NodeGone', { nodeId: data.nodeId });
  return node.cordoned ? accept(NodeUncordoned(after(node, data))) : accept();
}

/** Only what is owned was bought. The same purchase said again is nothing new. */
function procure(node: Node, data: NodeProcured['data']): ReturnType<typeof nodeDecider.decide> {
  if (node.terms?.source !== 'owned') return refuse('NodeNotOwned', { nodeId: data.nodeId });
  const isSo = node.procurement && canonicalJson(node.procurement) === canonicalJson(data.procurement);
  return isSo ? accept() : accept(NodeProcured(after(node, data)));
}
