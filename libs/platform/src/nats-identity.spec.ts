import path from 'node:path';
import {
  AckPolicy,
  connect,
  credsAuthenticator,
  type ConnectionOptions,
  type JetStreamManager,
  type NatsConnection,
} from 'nats';
import type { ContextName } from '@solyx/eventing';
import { withNats } from '@solyx/testing';
import {
  agentSignerOf,
  createNatsKeys,
  createUserKey,
  credsFile,
  issueAgentCredentials,
  natsServerConfig,
  serviceCreds,
} from './nats-identity';
import { userJwt } from './nats-jwt';
import {
  AGENT_LOGS,
  agentConsumer,
  agentInboxPrefix,
  healthSubjectOf,
  inboxPrefixOf,
  SERVICES,
  streamOf,
} from './nats-permissions';
import { nkeyFromSeed } from './nkey';

const keys = createNatsKeys();
const REFUSED = /Permissions Violation/;

describe('identities on the bus', () => {
  const nats = withNats(({ port, folder }) =>
    natsServerConfig(keys, { port, storeDir: path.join(folder, 'jetstream') }),
  );
  const open: NatsConnection[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connection) => connection.close()));
  });

  const dial = async (creds: string, options: ConnectionOptions): Promise<NatsConnection> => {
    const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
    const connection = await connect({ servers: nats.url, authenticator, reconnect: false, ...options });
    open.push(connection);
    return connection;
  };
  const as = (service: ContextName): Promise<NatsConnection> =>
    dial(serviceCreds(keys, service), { inboxPrefix: inboxPrefixOf(service) });
  const asAgent = (nodeId: string, name = nodeId): Promise<NatsConnection> => {
    const { publicKey, seed } = createUserKey();
    const jwt = issueAgentCredentials(agentSignerOf(keys), { nodeId: name, publicKey });
    return dial(credsFile(jwt, seed), { inboxPrefix: agentInboxPrefix(nodeId) });
  };

  /** What the server says of an act: the violation, or undefined once a round trip passed without one. */
  const violationOf = async (connection: NatsConnection, act: () => void): Promise<string | undefined> => {
    let seen: string | undefined;
    void (async () => {
      for await (const { data } of connection.status()) seen ??= JSON.stringify(data);
    })();
    act();
    await connection.flush();
    await new Promise((resolve) => setImmediate(resolve));
    return seen;
  };
  const refused = async (connection: NatsConnection, subject: string): Promise<boolean> => {
    const seen = await violationOf(connection, () => connection.publish(subject, 'x'));
    return seen !== undefined;
  };

  const manager = (connection: NatsConnection): Promise<JetStreamManager> => connection.jetstreamManager();

  const declareStream = async (service: ContextName): Promise<void> => {
    const connection = await as(service);
    await (await manager(connection)).streams.add({ name: streamOf(service), subjects: [`solyx.${service}.>`] });
  };

  it('lets each service declare its stream and publish its own events', async () => {
    for (const service of ['drm', 'cmo', 'billing'] as const) {
      await declareStream(service);
      const connection = await as(service);
      const ack = await connection
        .jetstream()
        .publish(`solyx.${service}.thing.happened.demo.1`, 'x', { msgID: service });
      expect(ack.stream).toBe(streamOf(service));
    }
  });

  it('refuses billing the publishing of anything in the name of drm', async () => {
    const billing = await as('billing');
    expect(await refused(billing, 'solyx.billing.account.opened.demo.1')).toBe(false);
    expect(await refused(billing, 'solyx.drm.node.registered.demo.1')).toBe(true);
    await declareStream('drm');
    await expect(
      billing.jetstream().publish('solyx.drm.node.registered.demo.1', 'x', { timeout: 500 }),
    ).rejects.toThrow();
  });

  it('refuses billing the deleting and changing of streams that others own', async () => {
    await declareStream('drm');
    const jsm = await manager(await as('billing'));
    await expect(jsm.streams.delete(streamOf('drm'))).rejects.toThrow(REFUSED);
    await expect(jsm.streams.update(streamOf('drm'), { subjects: ['x'] })).rejects.toThrow(REFUSED);
    await expect(jsm.streams.purge(streamOf('drm'))).rejects.toThrow(REFUSED);
  });

  it('lets a service consume what it hears, under its own name only', async () => {
    await declareStream('cmo');
    const cmo = await as('cmo');
    await cmo.jetstream().publish('solyx.cmo.job.queued.demo.j1', 'fact');
    const billing = await as('billing');
    const jsm = await manager(billing);
    const config = { durable_name: 'billing-cmo', ack_policy: AckPolicy.Explicit };
    await jsm.consumers.add(streamOf('cmo'), config);
    const consumer = await billing.jetstream().consumers.get(streamOf('cmo'), 'billing-cmo');
    const message = await consumer.next({ expires: 2_000 });
    expect(await message?.ackAck()).toBe(true);
    const foreign = { ...config, durable_name: 'drm-cmo' };
    await expect(jsm.consumers.add(streamOf('cmo'), foreign)).rejects.toThrow(REFUSED);
  });

  it("refuses to listen to another service's inbox", async () => {
    const billing = await as('billing');
    expect(await violationOf(billing, () => void billing.subscribe('_INBOX_drm.>'))).toBeDefined();
    const another = await as('billing');
    expect(await violationOf(another, () => void another.subscribe('_INBOX.>'))).toBeDefined();
  });

  it('lets the gateway ask each service how it is, and nobody else', async () => {
    const gateway = await as('gateway');
    for (const service of SERVICES) {
      const asked = await as(service);
      asked.subscribe(healthSubjectOf(service), { max: 1, callback: (_error, message) => message.respond('well') });
      await asked.flush();
      expect((await gateway.request(healthSubjectOf(service), '', { timeout: 2_000 })).string()).toBe('well');
    }
    expect(await refused(await as('billing'), healthSubjectOf('drm'))).toBe(true);
    const drm = await as('drm');
    expect(await violationOf(drm, () => void drm.subscribe(healthSubjectOf('cmo')))).toBeDefined();
  });

  describe('of agents', () => {
    const task = async (nodeId: string, text: string): Promise<void> => {
      const cmo = await as('cmo');
      const jsm = await manager(cmo);
      await jsm.streams.add({ name: streamOf('cmo'), subjects: ['solyx.cmo.>'] });
      await jsm.consumers.add(streamOf('cmo'), {
        durable_name: agentConsumer(nodeId),
        ack_policy: AckPolicy.Explicit,
        filter_subject: `solyx.cmo.dispatch.*.*.${nodeId}`,
      });
      await cmo.jetstream().publish(`solyx.cmo.dispatch.task-assigned.demo.${nodeId}`, text);
    };

    it('lets an agent read its own tasks, and nobody else', async () => {
      await task('n1', 'for n1');
      await task('n2', 'for n2');
      const n1 = await asAgent('n1');
      const mine = await n1.jetstream().consumers.get(streamOf('cmo'), agentConsumer('n1'));
      const message = await mine.next({ expires: 2_000 });
      expect(message?.string()).toBe('for n1');
      expect(await message?.ackAck()).toBe(true);
      await expect(n1.jetstream().consumers.get(streamOf('cmo'), agentConsumer('n2'))).rejects.toThrow();
      expect(await refused(n1, `$JS.API.CONSUMER.MSG.NEXT.${streamOf('cmo')}.${agentConsumer('n2')}`)).toBe(true);
      const another = await asAgent('n1');
      expect(await violationOf(another, () => void another.subscribe('solyx.cmo.>'))).toBeDefined();
    });

    it('lets an agent report as itself only, and be answered', async () => {
      const cmo = await as('cmo');
      const answering = (async () => {
        for await (const request of cmo.subscribe('agent.*.report', { max: 1 })) request.respond('recorded');
      })();
      await cmo.flush();
      const n1 = await asAgent('n1');
      expect((await n1.request('agent.n1.report', 'done', { timeout: 2_000 })).string()).toBe('recorded');
      await answering;
      expect(await refused(n1, 'agent.n2.report')).toBe(true);
      expect(await refused(await asAgent('n1'), 'solyx.cmo.job.succeeded.demo.j1')).toBe(true);
      expect(await refused(await asAgent('n1'), `$JS.API.CONSUMER.CREATE.${streamOf('cmo')}.x`)).toBe(true);
    });

    it('brings heartbeats to drm and log lines to the gateway', async () => {
      await (await manager(await as('cmo'))).streams.add({ name: AGENT_LOGS, subjects: ['agent.*.log.>'] });
      const drm = await as('drm');
      const heartbeats = drm.subscribe('agent.*.heartbeat', { max: 1 });
      await drm.flush();
      const n1 = await asAgent('n1');
      n1.publish('agent.n1.heartbeat', 'alive');
      for await (const heartbeat of heartbeats) expect(heartbeat.string()).toBe('alive');
      expect((await n1.jetstream().publish('agent.n1.log.demo.j1', 'line')).stream).toBe(AGENT_LOGS);
      const gateway = await as('gateway');
      const logs = await gateway.jetstream().consumers.get(AGENT_LOGS, { filterSubjects: 'agent.*.log.demo.j1' });
      expect((await logs.next({ expires: 2_000 }))?.string()).toBe('line');
      await expect(gateway.jetstream().publish('agent.n1.log.demo.j1', 'x', { timeout: 500 })).rejects.toThrow();
    });

    it('gives a signer no more than agents have, whatever it writes into a JWT', async () => {
      // The gateway's key signs with a name only; the account's template says what that name may do.
      const { publicKey, seed } = createUserKey();
      const jwt = userJwt(nkeyFromSeed(agentSignerOf(keys).seed), {
        name: 'n3',
        user: publicKey,
        account: agentSignerOf(keys).account,
        issuedAt: Math.floor(Date.now() / 1000),
        permissions: { publish: ['>'], subscribe: ['>'] },
      });
      await expect(dial(credsFile(jwt, seed), {})).rejects.toThrow(/Authorization Violation/);
      expect(await refused(await asAgent('n3'), 'agent.n3.heartbeat')).toBe(false);
      expect(await refused(await asAgent('n3'), 'agent.n1.heartbeat')).toBe(true);
    });

    it.each(['', '*', '>', 'n3.x', 'n 3', 'ä'])('refuses the node id "%s"', (nodeId) => {
      const { publicKey } = createUserKey();
      expect(() => issueAgentCredentials(agentSignerOf(keys), { nodeId, publicKey })).toThrow(/node id/);
      expect(() => issueAgentCredentials(agentSignerOf(keys), { nodeId: 'n', publicKey: 'UX' })).toThrow(/publicKey/);
    });
  });

  it('keeps every JWT short enough for the line in which a client connects', () => {
    for (const service of SERVICES) expect(serviceCreds(keys, service).length).toBeLessThan(3_500);
  });

  it('admits nobody without credentials, nor with those of another operator', async () => {
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/Authorization Violation/);
    await expect(dial(serviceCreds(createNatsKeys(), 'drm'), {})).rejects.toThrow(/Authorization Violation/);
  });
});
