import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Leadership } from '@solyx/eventing';
import { SolyxError } from '@solyx/kernel';
import { WebhookSession, type SessionParts } from '../../application/webhooks/webhook-session';

/** Under this name one process delivers webhooks, whichever leads billing. */
export const WEBHOOK_LEAD = 'billing.webhooks';
const FORGET_EVERY_MS = 60_000;

/**
 * Delivers webhooks while this process has the lead for it. A lead of its own: receivers' slow answers and billing's
 * deciding are no business of each other.
 */
export class WebhookRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private session: WebhookSession | undefined;
  private forgetting: NodeJS.Timeout | undefined;

  constructor(
    private readonly leadership: Leadership,
    private readonly parts: SessionParts,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.leadership.campaign(WEBHOOK_LEAD, {
      onElected: async (epoch) => {
        this.session = await WebhookSession.begin(this.parts, epoch);
        this.logger.log(`delivers, epoch ${epoch}`);
        this.forgetting = setInterval(() => void this.forget(), FORGET_EVERY_MS);
      },
      onLost: () => this.stop(),
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
    await this.leadership.resign();
  }

  /** Undefined while another process delivers. */
  figures(): Readonly<Record<string, number>> | undefined {
    return this.session?.figures();
  }

  private async stop(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    clearInterval(this.forgetting);
    await session?.stop();
  }

  private async forget(): Promise<void> {
    try {
      await this.session?.forget();
    } catch (thrown) {
      this.logger.warn(`old deliveries stay for now: ${SolyxError.from(thrown).message}`);
    }
  }
}
