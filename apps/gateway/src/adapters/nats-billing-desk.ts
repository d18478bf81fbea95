import { SolyxError } from '@solyx/kernel';
import type { NatsLink } from '@solyx/eventing';
import { BillingDesk } from '../application/money/billing-desk';

const encoder = new TextEncoder();

/** A request on the bus to whichever instance of billing is there. */
export class NatsBillingDesk extends BillingDesk {
  constructor(private readonly link: NatsLink) {
    super();
  }

  override async ask(subject: string, question: object, withinMs: number): Promise<unknown> {
    try {
      const connection = await this.link.connection();
      const answer = await connection.request(subject, encoder.encode(JSON.stringify(question)), { timeout: withinMs });
      return answer.json<unknown>();
    } catch (cause) {
      const hint = 'Try again shortly; `solyx doctor` shows whether billing is there.';
      throw new SolyxError('Unavailable', 'billing did not answer', { subject }, { cause, hint });
    }
  }
}
