import { Logger } from '@nestjs/common';
import type { WebhookAttempt } from '@solyx/contracts';
import { LruMap } from '@solyx/eventing';
import { SolyxError, type Clock, type Random } from '@solyx/kernel';
import { keysInForce } from '../../domain/webhooks/endpoint';
import { pauseAfter, retryAfterOf, verdictOf, type Verdict } from '../../domain/webhooks/retry';
import { ID_HEADER, shortenedSignature, SIGNATURE_HEADER, TIMESTAMP_HEADER } from '../../domain/webhooks/signing';
import { Signer } from './sign-message';
import type { BoardEntry } from './webhook-board';
import type { SigningKey, WebhookSecrets } from './webhook-secrets';
import type { DueDelivery, Settlement } from './webhook-store';
import type { PostOutcome, WebhookTransport } from './webhook-transport';

const SIGNERS_MAX = 4_096;
const ERROR_LENGTH_MAX = 256;

/** One attempt that came to an end. */
export interface Sent {
  readonly delivery: DueDelivery;
  readonly attempt: WebhookAttempt;
  readonly verdict: Verdict;
  readonly phase: Settlement['phase'];
  /** Of a waiting one, milliseconds since 1970. */
  readonly nextAt?: number;
  readonly endedAt: number;
  readonly retryAfterMs?: number;
}

export interface SenderParts {
  readonly secrets: WebhookSecrets;
  readonly transport: WebhookTransport;
  readonly clock: Clock;
  readonly random: Random;
}

/** Signs one delivery, sends it, and says what becomes of it. */
export class WebhookSender {
  private readonly logger = new Logger('WebhookSender');
  private readonly signers = new LruMap<string, Promise<Signer>>(SIGNERS_MAX);

  constructor(private readonly parts: SenderParts) {}

  /** Undefined where it was not tried, or given up before its end: it stays due. Never rejects. */
  async send(delivery: DueDelivery, entry: BoardEntry, signal: AbortSignal): Promise<Sent | undefined> {
    const { clock, transport } = this.parts;
    try {
      const begunAt = clock.now();
      const headers = await this.headersOf(delivery, entry, begunAt);
      const { url } = entry.endpoint.settings;
      const outcome = await transport.post({ url, headers, body: delivery.body }, signal);
      if (signal.aborted && outcome.status === undefined) return undefined;
      return this.judge(delivery, outcome, { headers, begunAt });
    } catch (thrown) {
      const error = SolyxError.from(thrown);
      const told = `${delivery.deliveryId} is not sent yet: ${error.message}`;
      if (error.retryable) this.logger.warn(told);
      else this.logger.error(told);
      return undefined;
    }
  }

  private async headersOf({ eventId, body }: DueDelivery, entry: BoardEntry, now: number) {
    const signer = await this.signerOf(entry, new Date(now).toISOString());
    const timestamp = Math.floor(now / 1_000);
    return {
      'content-type': 'application/json',
      'user-agent': 'Solyx-Webhooks/1',
      [ID_HEADER]: eventId,
      [TIMESTAMP_HEADER]: String(timestamp),
      [SIGNATURE_HEADER]: signer.header({ id: eventId, timestamp, body }),
    };
  }

  /** Many deliveries of one endpoint begin at once; its keys are read once. */
  private signerOf({ endpointId, endpoint }: BoardEntry, at: string): Promise<Signer> {
    const keyIds = keysInForce(endpoint, at).map(({ keyId }) => keyId);
    const name = `${endpointId}/${keyIds.join('/')}`;
    const known = this.signers.get(name);
    if (known) return known;
    const made = this.makeSigner(endpointId, keyIds, () => this.signers.delete(name));
    this.signers.set(name, made);
    return made;
  }

  private async makeSigner(endpointId: string, keyIds: readonly string[], forget: () => void): Promise<Signer> {
    try {
      const keys = await Promise.all(keyIds.map((keyId, index) => this.keyOf(endpointId, keyId, index === 0)));
      const found = keys.filter((key): key is SigningKey => key !== undefined);
      // Where an older key was revoked a moment ago, its fact is on its way and brings other names.
      if (found.length < keyIds.length) forget();
      return new Signer(found);
    } catch (error) {
      forget();
      throw error;
    }
  }

  private async keyOf(endpointId: string, keyId: string, isNewest: boolean): Promise<SigningKey | undefined> {
    try {
      return (await this.parts.secrets.load(endpointId, [keyId]))[0];
    } catch (error) {
      if (!isNewest && error instanceof SolyxError && error.code === 'NotFound') return undefined;
      throw error;
    }
  }

  private judge(
    delivery: DueDelivery,
    outcome: PostOutcome,
    sent: { readonly headers: Readonly<Record<string, string>>; readonly begunAt: number },
  ): Sent {
    const { clock, random } = this.parts;
    const endedAt = clock.now();
    const verdict = verdictOf(outcome.status);
    const attempts = delivery.attempts + 1;
    const retryAfterMs = retryAfterOf(outcome.headers?.['retry-after'], endedAt);
    const wished = retryAfterMs === undefined ? {} : { retryAfterMs };
    const common = { delivery, attempt: attemptOf(attempts, outcome, sent, verdict), verdict, endedAt, ...wished };
    if (verdict === 'delivered') return { ...common, phase: 'delivered' };
    const pause = pauseAfter({ attempts, chance: random.next(), ...wished });
    return pause === undefined
      ? { ...common, phase: 'failed' }
      : { ...common, phase: 'waiting', nextAt: endedAt + pause };
  }
}

function attemptOf(
  attempt: number,
  { durationMs, status, headers, body, error }: PostOutcome,
  sent: { readonly headers: Readonly<Record<string, string>>; readonly begunAt: number },
  verdict: Verdict,
): WebhookAttempt {
  const said = error ?? (verdict === 'delivered' ? undefined : `answered ${status ?? 'nothing'}`);
  const signature = sent.headers[SIGNATURE_HEADER] ?? '';
  return {
    attempt,
    at: new Date(sent.begunAt).toISOString(),
    durationMs,
    requestHeaders: { ...sent.headers, [SIGNATURE_HEADER]: shortenedSignature(signature) },
    ...(status === undefined ? {} : { status }),
    ...(headers === undefined ? {} : { responseHeaders: headers }),
    ...(body === undefined ? {} : { responseBody: body }),
    ...(said === undefined ? {} : { error: said.slice(0, ERROR_LENGTH_MAX) }),
  };
}
