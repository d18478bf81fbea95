import { SolyxError } from '@solyx/kernel';
import { Agent, request } from 'undici';

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** The version whose shapes are read here. */
const VERSION = '2024-06-20';

export interface StripeSettings {
  /** `https://api.stripe.com`, or what speaks its language. */
  readonly url: string;
  readonly key: string;
}

export interface StripeAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const unavailable = (message: string, cause?: unknown): SolyxError =>
  new SolyxError('Unavailable', message, {}, cause === undefined ? {} : { cause });

/** Calls whose outcome is an answer; where there is none, or one that says "later", Unavailable is thrown. */
export class StripeClient {
  private readonly agent = new Agent({
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: { timeout: TIMEOUT_MS },
    maxResponseSize: ANSWER_BYTES_MAX,
    pipelining: 0,
  });

  constructor(private readonly settings: StripeSettings) {}

  get(path: string, query: Readonly<Record<string, string>> = {}): Promise<StripeAnswer> {
    const search = new URLSearchParams(query).toString();
    return this.call('GET', search === '' ? path : `${path}?${search}`);
  }

  /** The same key is the same call: the answer of the first one is given again. */
  post(path: string, form: Readonly<Record<string, string>>, idempotencyKey: string): Promise<StripeAnswer> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'idempotency-key': idempotencyKey };
    return this.call('POST', path, { headers, body: new URLSearchParams(form).toString() });
  }

  close(): Promise<void> {
    return this.agent.close();
  }

  private async call(
    method: 'GET' | 'POST',
    path: string,
    { headers = {}, body = null }: { readonly headers?: Record<string, string>; readonly body?: string | null } = {},
  ): Promise<StripeAnswer> {
    let status: number;
    let text: string;
    try {
      const answer = await request(new URL(path, this.settings.url), {
        method,
        dispatcher: this.agent,
        headers: { authorization: `Bearer ${this.settings.key}`, 'stripe-version': VERSION, ...headers },
        body,
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch (cause) {
      throw unavailable(`no answer of the payment service to ${method} ${path}: the outcome is unknown`, cause);
    }
    // A wrong key of ours, too many calls, a call of the same key under way, a fault of theirs: none is an answer.
    if ([401, 403, 409, 429].includes(status) || status >= 500) {
      throw unavailable(`the payment service answered ${status} to ${method} ${path}`);
    }
    return { status, body: parse(text) };
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const body = JSON.parse(text) as unknown;
    if (typeof body === 'object' && body !== null) return body as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw unavailable('the payment service answered something else than JSON', cause);
  }
  throw unavailable('the payment service answered something else than an object');
}
