import type { ContextName } from '@solyx/eventing';
import type { SubjectPermissions } from './nats-jwt';

export const SERVICES = ['gateway', 'drm', 'cmo', 'sdn', 'billing', 'optimizer'] as const satisfies ContextName[];

/** JetStream stream of the agents' log lines: `agent.<nodeId>.log.<organizationId>.<jobId>`, declared by cmo. */
export const AGENT_LOGS = 'AGENT_LOGS';

export const streamOf = (service: ContextName): string => `SOLYX_${service.toUpperCase()}`;
export const inboxPrefixOf = (service: ContextName): string => `_INBOX_${service}`;
/** A service answers requests here with its readiness; the gateway asks. */
export const healthSubjectOf = (service: ContextName): string => `health.${service}`;
export const agentInboxPrefix = (nodeId: string): string => `_INBOX_agent_${nodeId}`;
export const agentConsumer = (nodeId: string): string => `agent-${nodeId}`;

/** The JetStream API, as subjects: declare a stream that one owns. */
const declare = (stream: string): readonly string[] => [
  `$JS.API.STREAM.CREATE.${stream}`,
  `$JS.API.STREAM.UPDATE.${stream}`,
];

/**
 * Create, read and acknowledge one durable consumer: its name says whose it is, hence any stream will do. Kept short,
 * because the whole list travels in one line of at most 4 KiB when a client connects.
 */
const consume = (consumer: string): readonly string[] => [
  `$JS.API.CONSUMER.*.*.${consumer}`,
  `$JS.API.CONSUMER.CREATE.*.${consumer}.>`,
  `$JS.API.CONSUMER.MSG.NEXT.*.${consumer}`,
  `$JS.ACK.*.${consumer}.>`,
];

/** Who is asked may answer once: cmo its agents, each service the gateway. */
const REPLIES = { max: 1, withinMs: 30_000 };

/** What a service does with agents, beside its own events. */
const WITH_AGENTS: Partial<Record<ContextName, SubjectPermissions>> = {
  // Agents' consumers are made on cmo's own stream; an agent reads its own and may make none.
  cmo: {
    // It speaks for simulated nodes, which have no agent of their own.
    publish: [...declare(AGENT_LOGS), `$JS.API.CONSUMER.*.${streamOf('cmo')}.>`, 'agent.*.log.>'],
    subscribe: ['agent.*.report'],
  },
  drm: { publish: [], subscribe: ['agent.*.heartbeat', 'agent.*.telemetry'] },
  // The gateway asks for what is in no event: a new secret, the log of deliveries.
  billing: { publish: [], subscribe: ['billing.document', 'billing.webhook.*'] },
  // Log lines are read by short-lived consumers, one per reader, whose names the client chooses.
  gateway: {
    publish: [
      `$JS.API.STREAM.MSG.GET.${AGENT_LOGS}`,
      `$JS.API.CONSUMER.CREATE.${AGENT_LOGS}`,
      `$JS.API.CONSUMER.*.${AGENT_LOGS}.>`,
      `$JS.API.CONSUMER.MSG.NEXT.${AGENT_LOGS}.*`,
      `$JS.ACK.${AGENT_LOGS}.>`,
      '$JS.FC.>',
      'health.*',
      'billing.document',
      'billing.webhook.*',
    ],
    subscribe: ['agent.*.log.>'],
  },
};

/**
 * A service publishes its own events and nobody else's. It may hear every context, by consumers named after itself:
 * facts are shared by design, for services read the whole log anyway; only their author may write them.
 */
export function servicePermissions(service: ContextName): SubjectPermissions {
  const own = streamOf(service);
  const agents = WITH_AGENTS[service] ?? { publish: [], subscribe: [] };
  return {
    publish: [
      `solyx.${service}.>`,
      '$JS.API.INFO',
      ...declare(own),
      '$JS.API.STREAM.INFO.*',
      ...SERVICES.flatMap((source) => [
        `$JS.API.STREAM.MSG.GET.${streamOf(source)}`,
        ...consume(`${service}-${source}`),
      ]),
      ...agents.publish,
    ],
    subscribe: [`${inboxPrefixOf(service)}.>`, healthSubjectOf(service), ...agents.subscribe],
    replies: REPLIES,
  };
}

/**
 * An agent speaks under its own name, and reads the tasks that are addressed to it. A template of whole tokens, which is
 * all that nats-server 2.9 fills in: from the name in the agent's JWT, and from its tags (`agentTags`).
 */
export const AGENT_TEMPLATE: SubjectPermissions = {
  publish: [
    'agent.{{name()}}.>',
    `$JS.API.CONSUMER.INFO.${streamOf('cmo')}.{{tag(consumer)}}`,
    `$JS.API.CONSUMER.MSG.NEXT.${streamOf('cmo')}.{{tag(consumer)}}`,
    `$JS.ACK.${streamOf('cmo')}.{{tag(consumer)}}.>`,
  ],
  subscribe: ['{{tag(inbox)}}.>'],
};

export const agentTags = (nodeId: string): readonly string[] => [
  `consumer:${agentConsumer(nodeId)}`,
  `inbox:${agentInboxPrefix(nodeId)}`,
];
