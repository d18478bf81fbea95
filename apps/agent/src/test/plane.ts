import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  AckPolicy,
  connect,
  DeliverPolicy,
  headers,
  nanos,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
} from 'nats';
import {
  AGENT_LOG_SUBJECTS,
  AGENT_LOGS,
  agentConsumer,
  AgentJoinRequest,
  AgentLogLine,
  agentLogSubject,
  AgentReport,
  agentTaskSubjects,
  nodeOfSubject,
  readMessage,
} from '@solyx/contracts/agent';
import { TaskAssigned, TaskStopRequested } from '@solyx/contracts/cmo';
import { deriveId, derivePrefixedId, type DomainEvent } from '@solyx/kernel';

const ROOT = path.join(__dirname, '..', '..', '..', '..');
const MAIN = path.join(ROOT, 'apps', 'agent', 'dist', 'main.js');
export const NODE_ID = 'node_spec';
export const ORGANIZATION = 'acme';

/** The agent is a program: its spec runs what is shipped. */
export const build = (): void => {
  const tsc = path.join(ROOT, 'node_modules', 'typescript-7', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-b', path.join(ROOT, 'apps', 'agent')], { stdio: 'inherit' });
};

/** A JWT in form: the server of this spec asks for none, the agent reads its times. */
const jwt = (): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const issued = Math.floor(Date.now() / 1000);
  return `${part({ typ: 'JWT' })}.${part({ iat: issued, exp: issued + 86_400 })}.x`;
};

/** What an agent meets: a gateway's door, cmo's streams, and somebody who answers reports. */
export class Plane {
  readonly reports: (AgentReport & { readonly nodeId: string })[] = [];
  readonly joins: AgentJoinRequest[] = [];
  /** Set to leave reports unanswered. */
  answers: unknown = { recorded: true };
  private readonly agents: ChildProcess[] = [];

  private constructor(
    readonly natsUrl: string,
    readonly connection: NatsConnection,
    private readonly stream: JetStreamClient,
    private readonly manager: JetStreamManager,
    private readonly gateway: Server,
  ) {}

  static async start(natsUrl: string): Promise<Plane> {
    const connection = await connect({ servers: natsUrl, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    const manager = await connection.jetstreamManager();
    const gateway = createServer();
    const plane = new Plane(natsUrl, connection, connection.jetstream(), manager, gateway);
    await manager.streams.add({ name: 'SOLYX_CMO', subjects: ['solyx.cmo.>'] });
    await manager.streams.add({ name: AGENT_LOGS, subjects: [AGENT_LOG_SUBJECTS], duplicate_window: nanos(600_000) });
    await manager.consumers.add('SOLYX_CMO', {
      durable_name: agentConsumer(NODE_ID),
      filter_subject: agentTaskSubjects(NODE_ID),
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(5_000),
    });
    void plane.hear();
    gateway.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { status, answer } = plane.join(request.url ?? '', body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    return plane;
  }

  private join(url: string, body: string): { status: number; answer: unknown } {
    if (url !== '/agents/join') return { status: 404, answer: { code: 'NotFound', message: 'no such route' } };
    const request = readMessage(AgentJoinRequest, JSON.parse(body));
    if (request.token !== 'slx_join_good') {
      const refusal = { code: 'Unauthenticated', reason: 'TokenExpired', message: 'expired', hint: 'Make a new one.' };
      return { status: 401, answer: refusal };
    }
    this.joins.push(request);
    const answer = { nodeId: NODE_ID, organizationId: ORGANIZATION, natsUrl: this.natsUrl, jwt: jwt() };
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    return { status: 200, answer: { ...answer, expiresAt, heartbeatSeconds: 1 } };
  }

  private async hear(): Promise<void> {
    for await (const message of this.connection.subscribe('agent.*.report')) {
      const report = readMessage(AgentReport, message.json());
      if (this.answers === undefined) continue;
      this.reports.push({ ...report, nodeId: nodeOfSubject(message.subject) ?? '' });
      message.respond(JSON.stringify(this.answers));
    }
  }

  get gatewayUrl(): string {
    return `http://127.0.0.1:${(this.gateway.address() as AddressInfo).port}`;
  }

  /** Starts the program, and resolves once it takes tasks. */
  async startAgent(stateDir: string, ...flags: readonly string[]): Promise<ChildProcess> {
    const words = [MAIN, 'join', this.gatewayUrl, 'slx_join_good', '--data', stateDir, ...flags];
    const env = { ...process.env, SOLYX_LOG_LEVEL: process.env['SOLYX_SPEC_LOG'] ?? 'error' };
    const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.agents.push(child);
    const [what] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
    if (typeof what !== 'object' || what === null) throw new Error(`the agent ended with ${String(what)}`);
    return child;
  }

  /** A fact, as the relay of cmo publishes it. */
  async tell(event: DomainEvent, more: { readonly id?: string; readonly nodeId?: string } = {}): Promise<void> {
    await this.publish(event.type, JSON.stringify(event.data), more);
  }

  async publish(
    type: string,
    body: string,
    more: { readonly id?: string; readonly nodeId?: string } = {},
  ): Promise<void> {
    const header = headers();
    header.set('ce-id', more.id ?? deriveId(type, body, String(Math.random())));
    header.set('ce-type', type);
    header.set('ce-dataversion', '1');
    header.set('ce-correlationid', 'correlation-1');
    await this.stream.publish(`solyx.${type}.${ORGANIZATION}.${more.nodeId ?? NODE_ID}`, body, { headers: header });
  }

  async lines(jobId: string): Promise<readonly (AgentLogLine & { readonly sequence: number })[]> {
    const subject = agentLogSubject(NODE_ID, ORGANIZATION, jobId);
    const info = await this.manager.streams.info(AGENT_LOGS, { subjects_filter: subject });
    const count = info.state.subjects?.[subject] ?? 0;
    if (count === 0) return [];
    const consumer = await this.stream.consumers.get(AGENT_LOGS, { filterSubjects: subject });
    const found: (AgentLogLine & { sequence: number })[] = [];
    for await (const message of await consumer.fetch({ max_messages: count, expires: 2_000 })) {
      found.push({ ...readMessage(AgentLogLine, message.json()), sequence: message.seq });
      if (found.length === count) break;
    }
    return found;
  }

  reported(jobId: string, kind: AgentReport['kind']): readonly AgentReport[] {
    return this.reports.filter((report) => report.jobId === jobId && report.kind === kind);
  }

  async stop(): Promise<void> {
    for (const agent of this.agents) {
      if (agent.exitCode !== null || agent.signalCode !== null) continue;
      agent.kill('SIGKILL');
      await once(agent, 'exit');
    }
    this.gateway.close();
    await this.connection.close();
  }
}

let jobs = 0;

/** A task for this node, as cmo assigns it; each with a job of its own. */
export function task(command: readonly string[], change: Partial<TaskAssigned['data']> = {}): TaskAssigned {
  jobs += 1;
  const jobId = `job_${process.pid}_${jobs}`;
  return TaskAssigned({
    ...{ taskId: derivePrefixedId('task', jobId, 1, 0), jobId, organizationId: ORGANIZATION, attempt: 1, rank: 0 },
    ...{ ranks: 1, nodeId: NODE_ID, executor: 'agent', command, env: {}, gpuIndexes: [], cpuMilli: 0, memoryMiB: 0 },
    stopAfterSeconds: 60,
    at: new Date().toISOString(),
    ...change,
  });
}

export const stopOf = ({ data }: TaskAssigned, graceSeconds: number): TaskStopRequested => {
  const { taskId, jobId, nodeId } = data;
  return TaskStopRequested({ taskId, jobId, nodeId, reason: 'Cancelled', graceSeconds, at: new Date().toISOString() });
};
