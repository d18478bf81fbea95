import { Streams, type Delivery, type EventHandlerMethod, eventSubscriptionsOf } from '@solyx/eventing';
import { JobSucceeded } from '@solyx/contracts/cmo';
import { WebhookRequested, WebhookUpdateRequested } from '@solyx/contracts/gateway';
import type { WebhookSettings } from '@solyx/contracts';
import { Clock, deriveId, type DomainEvent, type Recorded, SeededRandom } from '@solyx/kernel';
import { MemoryEventLog } from '@solyx/testing';
import { MemoryWebhookSecrets } from '../../adapters/webhooks/memory-webhook-secrets';
import { MemoryWebhookStore } from '../../adapters/webhooks/memory-webhook-store';
import { UndiciWebhookTransport } from '../../adapters/webhooks/undici-webhook-transport';
import { ManageWebhooksHandler } from '../../application/webhooks/manage-webhooks.handler';
import type { WebhookSecrets } from '../../application/webhooks/webhook-secrets';
import { WebhookSession } from '../../application/webhooks/webhook-session';
import type { WebhookStore } from '../../application/webhooks/webhook-store';
import { LOCAL_POLICY } from '../../domain/webhooks/url-policy';

/** Real time, which may be set forward. */
export class ShiftedClock extends Clock {
  private shift = 0;
  override now(): number {
    return Date.now() + this.shift;
  }
  advance(ms: number): void {
    this.shift += ms;
  }
}

export const ORGANIZATION = 'acme';

export interface WebhookPlaneParts {
  readonly store?: WebhookStore;
  readonly secrets?: WebhookSecrets;
  readonly answerWithinMs?: number;
}

/** Everything about webhooks in one process: a log in memory, the real handler, sender and transport. */
export class WebhookPlane {
  readonly clock = new ShiftedClock();
  readonly log = new MemoryEventLog(this.clock);
  readonly streams = new Streams(this.log);
  readonly store: WebhookStore;
  readonly secrets: WebhookSecrets;
  readonly handler: ManageWebhooksHandler;
  private readonly transport: UndiciWebhookTransport;
  private session: WebhookSession | undefined;
  private readonly former: WebhookSession[] = [];
  private epoch = 0n;
  private requests = 0;

  constructor({ store, secrets, answerWithinMs = 15_000 }: WebhookPlaneParts = {}) {
    this.store = store ?? new MemoryWebhookStore();
    this.secrets = secrets ?? new MemoryWebhookSecrets();
    const rules = { policy: LOCAL_POLICY };
    this.handler = new ManageWebhooksHandler(this.streams, this.secrets, this.store, rules);
    this.transport = new UndiciWebhookTransport({ policy: LOCAL_POLICY, answerWithinMs });
  }

  /** One term of leadership; the one before it ends as it can. */
  async lead(): Promise<void> {
    await this.cede();
    await this.usurp();
  }

  /** As another process would after the death of this one: nobody asks the former to end. */
  async usurp(): Promise<void> {
    if (this.session) this.former.push(this.session);
    this.session = undefined;
    this.epoch += 1n;
    const { log, streams, store, secrets, clock, transport } = this;
    const parts = { log, streams, store, secrets, clock, transport, random: new SeededRandom(7) };
    this.session = await WebhookSession.begin(parts, this.epoch);
  }

  async cede(): Promise<void> {
    await this.session?.stop();
    this.session = undefined;
  }

  async close(): Promise<void> {
    await this.cede();
    await Promise.all(this.former.map((session) => session.stop()));
    await this.transport.onApplicationShutdown();
    await this.log.close();
  }

  /** Records a fact as another service would. */
  async recorded(stream: string, event: DomainEvent, organizationId = ORGANIZATION): Promise<Recorded> {
    this.requests += 1;
    const id = deriveId(stream, this.requests);
    const metadata = {
      version: 1,
      organizationId,
      actor: { kind: 'key', id: 'key_1', roles: ['owner'] },
      $correlationId: id,
      $causationId: id,
    } as const;
    const { position } = await this.log.append(stream, [{ id, ...event, metadata }], 'any');
    for await (const found of this.log.readAll({ after: position - 1n, limit: 1 })) return found;
    throw new Error('what was appended is not there');
  }

  /** Records a request and hands it to the handler, as the bus would. */
  async ask(event: DomainEvent, organizationId = ORGANIZATION): Promise<Recorded> {
    const { requestId } = event.data as { requestId: string };
    const request = await this.recorded(`gateway.request-${requestId}`, event, organizationId);
    await this.deliver(request);
    return request;
  }

  async deliver(event: Recorded, delivery: Delivery = { attempt: 1, redelivered: false }): Promise<void> {
    for (const { types, method } of eventSubscriptionsOf(this.handler)) {
      if (!types.includes(event.type)) continue;
      await (this.handler as unknown as Record<string, EventHandlerMethod>)[method]!.call(
        this.handler,
        event,
        delivery,
      );
    }
  }

  asked<More extends object>(endpointId: string, more: More) {
    this.requests += 1;
    const requestId = `req_${this.requests}`;
    return { endpointId, requestId, fingerprint: 'f'.repeat(64), at: this.clock.iso(), ...more };
  }

  async endpoint(
    endpointId: string,
    settings: Partial<WebhookSettings> & { readonly url: string },
    {
      organizationId = ORGANIZATION,
      algorithm = 'v1' as const,
    }: { organizationId?: string; algorithm?: 'v1' | 'v1a' } = {},
  ): Promise<void> {
    const whole = { description: '', types: ['job.*'], ordering: 'resource' as const, ...settings };
    await this.ask(WebhookRequested(this.asked(endpointId, { settings: whole, algorithm })), organizationId);
  }

  /** Time passes, and the endpoint is looked at again, as it would be within a second. */
  async advance(endpointId: string, ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.ask(WebhookUpdateRequested(this.asked(endpointId, {})));
  }

  /** A fact that becomes `job.succeeded`. */
  jobSucceeded(jobId: string, attempt = 1, organizationId = ORGANIZATION): Promise<Recorded> {
    const event = JobSucceeded({ jobId, attempt, at: this.clock.iso() });
    return this.recorded(`cmo.job-${jobId}`, event, organizationId);
  }

  async facts(stream: string): Promise<readonly Recorded[]> {
    const found: Recorded[] = [];
    for await (const event of this.log.readStream(stream)) found.push(event);
    return found;
  }
}
