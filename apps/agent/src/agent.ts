import path from 'node:path';
import { agentSubject, type AgentHeartbeat } from '@solyx/contracts/agent';
import { SolyxError } from '@solyx/kernel';
import { EndedTasks } from './adapters/ended-tasks';
import { startHealthServer } from './adapters/health-server';
import { Identity } from './adapters/identity';
import { Lock } from './adapters/lock';
import { Logger, textOf } from './adapters/logger';
import { machineFacts, Meter } from './adapters/machine';
import { NatsAgentBus } from './adapters/nats-bus';
import { ResourceLimits } from './adapters/resource-limits';
import { ReportSender } from './tasks/report-sender';
import { sleep } from './tasks/sleep';
import { Supervisor } from './tasks/supervisor';
import type { AgentConfig } from './config';
import { backoffMs } from './domain/backoff';

const TELEMETRY_EVERY_MS = 10_000;
/** A share of busy time needs some time. */
const FIRST_TELEMETRY_MS = 1_000;
const RENEW_CHECK_MS = 60_000;
/** Renewed when this part of its life is left. */
const RENEW_AT = 1 / 3;
const DRAIN_GRACE_SECONDS = 4;
const DRAIN_WITHIN_MS = 8_000;
const JOIN_TRIES_MAX = 30;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5_000;
export const AGENT_VERSION = '0.1.0';

/** One per machine: it observes, carries out and reports, and holds no opinion. */
export class Agent {
  private readonly startedAt = new Date().toISOString();
  private readonly stopping = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private sequence = 0;
  private consuming: Promise<void> = Promise.resolve();

  private constructor(
    private readonly config: AgentConfig,
    private readonly logger: Logger,
    private readonly lock: Lock,
    private readonly parts: { identity: Identity; bus: NatsAgentBus; supervisor: Supervisor },
  ) {}

  get nodeId(): string {
    return this.parts.identity.membership.nodeId;
  }

  /** Joins where this machine has not yet, takes over what runs, and connects. Resolves once it can take tasks. */
  static async start(config: AgentConfig): Promise<Agent> {
    const logger = new Logger(config.logLevel);
    const lock = Lock.take(config.stateDir);
    try {
      const identity = await identify(config, logger);
      const agent = await Agent.compose(config, logger, lock, identity);
      await agent.begin();
      return agent;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private static async compose(config: AgentConfig, logger: Logger, lock: Lock, identity: Identity): Promise<Agent> {
    const { nodeId, natsUrl } = identity.membership;
    const ca = config.natsCaPath === undefined ? {} : { natsCaPath: config.natsCaPath };
    const bus = new NatsAgentBus({ identity, natsUrl: config.natsUrl ?? natsUrl, logger, ...ca });
    const supervisor = new Supervisor({
      root: path.join(config.stateDir, 'tasks'),
      ended: await EndedTasks.open(path.join(config.stateDir, 'ended.log'), Date.now()),
      places: { nodeId, checkpoints: path.join(config.stateDir, 'checkpoints') },
      reports: new ReportSender(nodeId, bus, logger),
      limits: new ResourceLimits(nodeId),
      bus,
      logger,
    });
    return new Agent(config, logger, lock, { identity, bus, supervisor });
  }

  private async begin(): Promise<void> {
    const { bus, supervisor } = this.parts;
    // Before the bus is there: running tasks are watched whether or not anybody hears of them.
    await supervisor.adopt();
    await this.serveHealth();
    await bus.connect();
    this.consuming = bus.consume((message) => supervisor.handle(message));
    this.beat();
    void this.measure();
    this.timers.push(setInterval(() => void this.renewInTime(), RENEW_CHECK_MS));
    void this.renewInTime();
    this.logger.info('the agent is ready', { nodeId: this.nodeId, tasks: supervisor.running });
  }

  private beat(): void {
    const { bus, supervisor, identity } = this.parts;
    const send = (): void => {
      const heartbeat: AgentHeartbeat = {
        ...{ at: new Date().toISOString(), startedAt: this.startedAt, sequence: this.sequence },
        ...{ version: AGENT_VERSION, tasks: supervisor.running },
      };
      this.sequence += 1;
      bus.publish(agentSubject(this.nodeId, 'heartbeat'), heartbeat);
    };
    const everySeconds = Math.min(30, Math.max(1, identity.membership.heartbeatSeconds));
    this.timers.push(setInterval(send, everySeconds * 1000));
    send();
  }

  private async measure(): Promise<void> {
    const { bus, supervisor } = this.parts;
    const { gpus } = await machineFacts();
    const meter = new Meter(gpus.length > 0);
    let isMeasuring = false;
    const send = async (): Promise<void> => {
      if (isMeasuring) return;
      isMeasuring = true;
      try {
        bus.publish(agentSubject(this.nodeId, 'telemetry'), await meter.sample(supervisor.samples()));
      } finally {
        isMeasuring = false;
      }
    };
    this.timers.push(setInterval(() => void send(), TELEMETRY_EVERY_MS));
    this.timers.push(setTimeout(() => void send(), FIRST_TELEMETRY_MS));
  }

  private async renewInTime(): Promise<void> {
    const { identity, bus } = this.parts;
    const { issuedMs, expiresMs } = identity.credentials;
    if (expiresMs - Date.now() > (expiresMs - issuedMs) * RENEW_AT) return;
    try {
      await identity.renew(this.config.gatewayUrl ?? identity.membership.gatewayUrl);
      await bus.reconnect();
      this.logger.info('the identity was renewed', { until: new Date(identity.credentials.expiresMs).toISOString() });
    } catch (error) {
      this.logger.warn('the identity could not be renewed yet', { error: textOf(error) });
    }
  }

  private async serveHealth(): Promise<void> {
    if (this.config.httpPort === undefined) return;
    const { bus, supervisor, identity } = this.parts;
    const server = await startHealthServer(this.config.httpPort, () => ({
      isReady: bus.isConnected,
      tasks: supervisor.running,
      nodeId: this.nodeId,
      certificateExpiresInSeconds: Math.min(2 ** 53, Math.round((identity.credentials.expiresMs - Date.now()) / 1000)),
    }));
    this.stopping.signal.addEventListener('abort', () => server.close());
  }

  /** Tasks run on, and the next agent takes them over; where it drains, they are asked to end first. */
  async stop(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    for (const timer of this.timers) clearInterval(timer);
    const { bus, supervisor } = this.parts;
    if (this.config.drains) {
      const late = sleep(DRAIN_WITHIN_MS, new AbortController().signal);
      await Promise.race([supervisor.drain(DRAIN_GRACE_SECONDS), late]);
    }
    await supervisor.leave();
    await bus.close();
    await this.consuming;
    this.lock.release();
  }
}

/** Who this machine is, from its files or by joining. What the gateway refuses for good is thrown at once. */
async function identify(config: AgentConfig, logger: Logger): Promise<Identity> {
  const { gatewayUrl, joinToken: token, site, region, rack, fabric, pools, sharedMicroUsdPerHour } = config;
  const place = {
    ...{ site, region, ...(rack === undefined ? {} : { rack }), ...(fabric === undefined ? {} : { fabric }) },
    ...(pools === undefined ? {} : { pools }),
    ...(sharedMicroUsdPerHour === undefined ? {} : { sharedMicroUsdPerHour }),
  };
  const known = await Identity.load(config, token);
  if (known) return known;
  if (gatewayUrl === undefined || token === undefined) {
    throw new SolyxError(
      'FailedPrecondition',
      'this machine has not joined yet',
      {},
      {
        hint: 'Create a token with `solyx agent token`, then `solyx agent join <url> <token>`.',
      },
    );
  }
  const facts = await machineFacts();
  for (let attempt = 1; ; attempt += 1) {
    try {
      const identity = await Identity.join(config, gatewayUrl, { token, ...place, facts });
      logger.info('this machine has joined', { nodeId: identity.membership.nodeId, gpus: facts.gpus.length });
      return identity;
    } catch (thrown) {
      const error = SolyxError.from(thrown);
      if (!error.retryable || attempt >= JOIN_TRIES_MAX) throw error;
      logger.warn('the gateway does not answer yet', { attempt, error: error.message });
      await sleep(backoffMs(attempt, FIRST_RETRY_MS, LAST_RETRY_MS, Math.random()), new AbortController().signal);
    }
  }
}
