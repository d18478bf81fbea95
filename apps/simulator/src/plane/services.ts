import type { ContextName } from '@solyx/eventing';
import {
  billingContext,
  BillingModule,
  MemoryMerkleStore,
  MerkleStore,
  MeteringSettings,
  ProofSettings,
  SeededHeadSigner,
  HeadSigner,
  MemoryWebhookSecrets,
  MemoryWebhookStore,
  WebhookSecrets,
  WebhookStore,
} from '@solyx/billing';
import { AgentConsumers, cmoContext, CmoModule, TaskLogs, Timers } from '@solyx/cmo';
import { drmContext, DrmModule, DrmSettings, Lessor, LinearSolver, SimulatedMarket, Telemetry } from '@solyx/drm';
import { AgentIdentities, gatewayContext, GatewayModule, GatewaySettings, Keys } from '@solyx/gateway';
import { optimizerContext, OptimizerModule, OptimizerSettings } from '@solyx/optimizer';
import { sdnContext, SdnModule } from '@solyx/sdn';
import type { Token } from '../engine/injector';
import type { Scenario } from '../scenario/scenario';
import type { Plane } from './plane';
import {
  MoodyLessor,
  NoAgentConsumers,
  NoLinearSolver,
  NoTaskLogs,
  NoTelemetry,
  PlainIdentities,
  PlainKeys,
  VirtualTimers,
} from './ports';
import type { Life, ServiceSpec } from './process';

const HEARTBEAT_TIMEOUT_MS = 15_000;
export const HEARTBEAT_SECONDS = 3;
const BUCKET = { perSecond: 1_000, burst: 1_000 };

/** Slices of a minute, charged soon: so that what is charged too early is found and given back. */
const meteringSettings: MeteringSettings = { sliceMs: 60_000, settleMs: 1_000 };

type Overrides = (life: Life) => Iterable<readonly [Token, unknown]>;

const gatewaySettings: GatewaySettings = {
  publicUrl: 'http://simulated',
  version: 'simulated',
  agentNatsUrl: 'nats://simulated',
  eventStore: 'memory',
  heartbeatSeconds: HEARTBEAT_SECONDS,
  rates: { query: BUCKET, mutation: BUCKET, subscription: BUCKET },
  bootstrap: {},
};

const drmOverrides = ({ faults, scenario }: Plane): readonly (readonly [Token, unknown])[] => {
  const market: SimulatedMarket = { offers: scenario.offers };
  const settings: DrmSettings = {
    partition: 'main',
    heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS,
    offerFreshSeconds: 600,
    fleet: scenario.fleet,
    policy: scenario.policy,
  };
  return [
    [DrmSettings, settings],
    [SimulatedMarket, market],
    [Lessor, new MoodyLessor(market, faults)],
    [LinearSolver, new NoLinearSolver()],
    [Telemetry, new NoTelemetry()],
  ];
};

const optimizerSettings = ({ optimizer }: Scenario): OptimizerSettings => ({
  partition: 'main',
  intervalSeconds: 10,
  waitSeconds: 10,
  idleSeconds: 60,
  quietSeconds: 600,
  ...optimizer,
});

/** A simulated month has many minutes: an hour is often enough. */
const proofSettings: ProofSettings = { growEveryMs: 60_000, headEveryEvents: 100_000, headEveryMs: 3_600_000 };

/** The services as they are; only what touches the world is another. */
export function servicesOf(plane: Plane): readonly ServiceSpec[] {
  const timers = (life: Life): VirtualTimers =>
    new VirtualTimers(plane.scheduler, life.clock, (name, work) => void life.attempt(name, work));
  // As a database would, it outlives the processes that fill it.
  const merkle = new MemoryMerkleStore();
  const webhooks = { store: new MemoryWebhookStore(), secrets: new MemoryWebhookSecrets() };
  const overrides: Readonly<Record<ContextName, Overrides>> = {
    gateway: () => [
      [GatewaySettings, gatewaySettings],
      [Keys, new PlainKeys()],
      [AgentIdentities, new PlainIdentities()],
    ],
    drm: () => drmOverrides(plane),
    cmo: (life) => [
      [AgentConsumers, new NoAgentConsumers()],
      [TaskLogs, new NoTaskLogs()],
      [Timers, timers(life)],
    ],
    sdn: () => [],
    billing: () => [
      [MeteringSettings, meteringSettings],
      [MerkleStore, merkle],
      [WebhookStore, webhooks.store],
      [WebhookSecrets, webhooks.secrets],
      [HeadSigner, new SeededHeadSigner('simulator')],
      [ProofSettings, proofSettings],
    ],
    optimizer: () => [[OptimizerSettings, optimizerSettings(plane.scenario)]],
  };
  return [
    { definition: gatewayContext, module: GatewayModule, overrides: overrides.gateway },
    { definition: drmContext, module: DrmModule, overrides: overrides.drm },
    { definition: cmoContext, module: CmoModule, overrides: overrides.cmo },
    { definition: sdnContext, module: SdnModule, overrides: overrides.sdn },
    { definition: billingContext, module: BillingModule, overrides: overrides.billing },
    { definition: optimizerContext, module: OptimizerModule, overrides: overrides.optimizer },
  ];
}
