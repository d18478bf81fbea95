import { Injectable } from '@nestjs/common';
import type { WebhookAlgorithm, WebhookKey } from '@solyx/contracts';
import {
  WebhookDeletionRequested,
  WebhookRedeliveryRequested,
  WebhookReplayRequested,
  WebhookRequested,
  WebhookRotationRequested,
  WebhookTestRequested,
  WebhookUpdateRequested,
} from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import { derivePrefixedId, type DomainEvent, type Recorded } from '@solyx/kernel';
import { endpointDecider, type Endpoint, type EndpointCommand } from '../../domain/webhooks/endpoint';
import { PUBLIC_TYPES } from '../../domain/webhooks/public-events';
import { WebhookRules } from './webhook-rules';
import { WebhookSecrets } from './webhook-secrets';
import { WebhookStore } from './webhook-store';

type Request = DomainEvent<string, { readonly requestId: string; readonly endpointId: string; readonly at: string }>;

/** Makes, changes and ends endpoints as their owners ask. */
@Injectable()
export class ManageWebhooksHandler {
  constructor(
    private readonly streams: Streams,
    private readonly secrets: WebhookSecrets,
    private readonly store: WebhookStore,
    private readonly rules: WebhookRules,
  ) {}

  @OnEvent(WebhookRequested)
  async create(event: Recorded<WebhookRequested>, delivery: Delivery): Promise<void> {
    const asked = this.asked(event);
    const { organizationId } = asked;
    const key = await this.newKey(asked, event.data.algorithm);
    // A count of others that is a moment old lets one too many through, not a thousand.
    const others = await this.store.endpointsOf(organizationId);
    const data = { ...asked, settings: event.data.settings, key, rules: this.endpointRules(), others };
    await this.decide(event, delivery, { type: 'CreateEndpoint', data });
  }

  @OnEvent(WebhookUpdateRequested)
  async update(event: Recorded<WebhookUpdateRequested>, delivery: Delivery): Promise<void> {
    const { fingerprint: _, ...wanted } = event.data;
    const data = { ...wanted, ...this.asked(event), rules: this.endpointRules() };
    await this.decide(event, delivery, { type: 'UpdateEndpoint', data });
  }

  @OnEvent(WebhookRotationRequested)
  async rotate(event: Recorded<WebhookRotationRequested>, delivery: Delivery): Promise<void> {
    const asked = this.asked(event);
    const { algorithm, overlapSeconds } = event.data;
    const { state } = await this.streams.load(endpointDecider, asked.endpointId);
    // Nothing is made for an endpoint that is not the asker's; the decision below then says so.
    const known = state.key !== undefined && state.organizationId === asked.organizationId;
    const before = state.key?.algorithm ?? 'v1';
    const key: WebhookKey = known
      ? await this.newKey(asked, algorithm ?? before)
      : { keyId: keyIdOf(asked.requestId), algorithm: algorithm ?? before };
    const previousUntil = new Date(Date.parse(asked.at) + overlapSeconds * 1_000).toISOString();
    await this.decide(event, delivery, { type: 'RotateKey', data: { ...asked, key, previousUntil } });
  }

  @OnEvent(WebhookRedeliveryRequested)
  async redeliver(event: Recorded<WebhookRedeliveryRequested>, delivery: Delivery): Promise<void> {
    const data = { ...this.asked(event), selection: event.data.selection };
    await this.decide(event, delivery, { type: 'OrderRedelivery', data });
  }

  @OnEvent(WebhookReplayRequested)
  async replay(event: Recorded<WebhookReplayRequested>, delivery: Delivery): Promise<void> {
    const { fromPosition, toPosition } = event.data;
    const data = { ...this.asked(event), fromPosition, ...(toPosition === undefined ? {} : { toPosition }) };
    await this.decide(event, delivery, { type: 'OrderReplay', data });
  }

  @OnEvent(WebhookTestRequested)
  async test(event: Recorded<WebhookTestRequested>, delivery: Delivery): Promise<void> {
    await this.decide(event, delivery, { type: 'OrderTest', data: this.asked(event) });
  }

  @OnEvent(WebhookDeletionRequested)
  async end(event: Recorded<WebhookDeletionRequested>, delivery: Delivery): Promise<void> {
    await this.decide(event, delivery, { type: 'DeleteEndpoint', data: this.asked(event) });
  }

  private asked({ metadata, data }: Recorded<Request>) {
    permit(metadata.actor, 'webhooks:set');
    const { endpointId, requestId, at } = data;
    return { endpointId, organizationId: metadata.organizationId, requestId, at };
  }

  private endpointRules() {
    return { policy: this.rules.policy, types: PUBLIC_TYPES };
  }

  /** The key comes before the fact that names it: a fact without its key could never be signed for. */
  private newKey(
    asked: { readonly endpointId: string; readonly organizationId: string; readonly requestId: string; at: string },
    algorithm: WebhookAlgorithm,
  ): Promise<WebhookKey> {
    const { endpointId, organizationId, requestId, at } = asked;
    return this.secrets.make({ keyId: keyIdOf(requestId), endpointId, organizationId, algorithm, at });
  }

  private async decide(event: Recorded<Request>, { redelivered }: Delivery, command: EndpointCommand): Promise<void> {
    const { endpointId } = event.data;
    const context = causedBy(event, undefined, redelivered);
    const outcome = await this.streams.transact(endpointDecider, endpointId, command, context);
    const state = outcome.accepted ? outcome.state : (await this.streams.load(endpointDecider, endpointId)).state;
    if (command.type === 'CreateEndpoint' || command.type === 'RotateKey' || command.type === 'DeleteEndpoint') {
      await this.secrets.forgetAllBut(endpointId, keysOf(state));
    }
  }
}

const keyIdOf = (requestId: string): string => derivePrefixedId('key', requestId);

const keysOf = ({ key, previous }: Endpoint): readonly string[] =>
  [...(key ? [key] : []), ...previous].map(({ keyId }) => keyId);
