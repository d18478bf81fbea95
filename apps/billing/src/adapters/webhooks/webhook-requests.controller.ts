import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  readMessage,
  WEBHOOK_SUBJECTS,
  WebhookDeliveriesRequest,
  WebhookDeliveryRequest,
  WebhookSecretRequest,
  type WebhookDeliveriesAnswer,
  type WebhookDeliveryAnswer,
  type WebhookRefusal,
  type WebhookSecretAnswer,
} from '@solyx/contracts';
import { Clock, SolyxError } from '@solyx/kernel';
import { WebhookSecrets } from '../../application/webhooks/webhook-secrets';
import { WebhookStore } from '../../application/webhooks/webhook-store';

const refusalOf = (thrown: unknown): { readonly refusal: WebhookRefusal } => {
  const { code, reason, message, hint } = SolyxError.from(thrown);
  return { refusal: { code, reason, message: message.slice(0, 1_024), hint } };
};

/** What the gateway asks for over the bus, because it is in no event. The gateway has checked who asks. */
@Controller()
export class WebhookRequestsController {
  constructor(
    private readonly secrets: WebhookSecrets,
    private readonly store: WebhookStore,
    private readonly clock: Clock,
  ) {}

  @MessagePattern(WEBHOOK_SUBJECTS.secret)
  async secret(@Payload() body: unknown): Promise<WebhookSecretAnswer> {
    try {
      const { organizationId, endpointId, keyId } = readMessage(WebhookSecretRequest, body);
      return await this.secrets.show({ organizationId, endpointId, keyId, at: this.clock.iso() });
    } catch (thrown) {
      return refusalOf(thrown);
    }
  }

  @MessagePattern(WEBHOOK_SUBJECTS.deliveries)
  async deliveries(@Payload() body: unknown): Promise<WebhookDeliveriesAnswer> {
    try {
      const request = readMessage(WebhookDeliveriesRequest, body);
      const found = await this.store.deliveries({ ...request });
      return { deliveries: found.slice(0, request.first), hasNext: found.length > request.first };
    } catch (thrown) {
      return refusalOf(thrown);
    }
  }

  @MessagePattern(WEBHOOK_SUBJECTS.delivery)
  async delivery(@Payload() body: unknown): Promise<WebhookDeliveryAnswer> {
    try {
      const { organizationId, deliveryId } = readMessage(WebhookDeliveryRequest, body);
      const found = await this.store.delivery(organizationId, deliveryId);
      if (!found) throw new SolyxError('NotFound', `there is no delivery ${deliveryId}`, { deliveryId });
      return { delivery: found.entry, body: found.body, attempts: found.attempts };
    } catch (thrown) {
      return refusalOf(thrown);
    }
  }
}
