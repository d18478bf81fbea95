/** What an agent says on the bus, and what is kept of it. None of this is an event: facts about it are recorded by services. */
export const AGENT_KINDS = ['heartbeat', 'telemetry', 'report'] as const;
export type AgentKind = (typeof AGENT_KINDS)[number];

/** `agent.<nodeId>.<kind>`: an agent's identity lets it publish under its own node's subjects alone. */
export const agentSubject = (nodeId: string, kind: AgentKind): string => `agent.${nodeId}.${kind}`;

/** What a service listens to for one kind: `agent.*.heartbeat`. */
export const agentSubjects = (kind: AgentKind): string => agentSubject('*', kind);

/** Subject of the output of one job on one node, kept in the stream AGENT_LOGS; `*` where any will do. */
export const agentLogSubject = (nodeId: string, organizationId: string, jobId: string): string =>
  `agent.${nodeId}.log.${organizationId}.${jobId}`;

/** Who sent it, as the bus guarantees; undefined for other subjects. */
export function nodeOfSubject(subject: string): string | undefined {
  const [root, nodeId] = subject.split('.');
  return root === 'agent' && nodeId ? nodeId : undefined;
}

/** JetStream stream of all output: subjects `agent.*.log.>`, 1 GiB, 24 h, the oldest goes first. Made by cmo. */
export const AGENT_LOGS = 'AGENT_LOGS';
export const AGENT_LOG_SUBJECTS = 'agent.*.log.>';

/** Durable consumer of a node's tasks on SOLYX_CMO. Made by cmo when the node is registered. */
export const agentConsumer = (nodeId: string): string => `agent-${nodeId}`;
/** Every fact of `cmo.dispatch-<nodeId>`. */
export const agentTaskSubjects = (nodeId: string): string => `solyx.cmo.dispatch.*.*.${nodeId}`;
export const agentInboxPrefix = (nodeId: string): string => `_INBOX_agent_${nodeId}`;
