import { Agent, type Dispatcher } from 'undici';
import { urlFault, type UrlPolicy } from '../../domain/webhooks/url-policy';
import { WebhookTransport, type Post, type PostOutcome } from '../../application/webhooks/webhook-transport';
import { AddressRefused, guardedConnector, localResolve, publicResolve, type Resolve } from './guarded-connector';

const ANSWER_WITHIN_MS = 15_000;
/** Connections to one origin, whoever its endpoints belong to. */
const CONNECTIONS_MAX = 32;
const IDLE_MS = 10_000;
const ANSWER_BYTES_MAX = 16_384;
const HEADER_BYTES_MAX = 16_384;
const HEADERS_KEPT_MAX = 64;
const HEADER_LENGTH_MAX = 1_024;

export interface TransportOptions {
  readonly policy: UrlPolicy;
  /** Left out: name servers, or as the machine does where the policy allows private addresses. */
  readonly resolve?: Resolve;
  /** For specs with a certificate of their own. */
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly answerWithinMs?: number;
}

/** One POST over HTTP/1.1. Redirects are answers like any other: nobody follows them. */
export class UndiciWebhookTransport extends WebhookTransport {
  private readonly agent: Agent;

  constructor(private readonly options: TransportOptions) {
    super();
    const { policy, resolve = policy.allowPrivate ? localResolve : publicResolve(), tls = {} } = options;
    this.agent = new Agent({
      connect: guardedConnector(policy, resolve, tls),
      connections: CONNECTIONS_MAX,
      pipelining: 1,
      keepAliveTimeout: IDLE_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: this.answerWithinMs,
      bodyTimeout: this.answerWithinMs,
    });
  }

  private get answerWithinMs(): number {
    return this.options.answerWithinMs ?? ANSWER_WITHIN_MS;
  }

  override async post({ url, headers, body }: Post, signal: AbortSignal): Promise<PostOutcome> {
    const begun = performance.now();
    const timed = (outcome: Omit<PostOutcome, 'durationMs'>): PostOutcome => ({
      ...outcome,
      durationMs: Math.round(performance.now() - begun),
    });
    const fault = urlFault(url, this.options.policy);
    if (fault !== undefined) return timed({ error: `the address is refused: ${fault}` });
    const late = AbortSignal.timeout(this.answerWithinMs);
    try {
      const { origin, pathname, search } = new URL(url);
      const answer = await this.agent.request({
        ...{ origin, path: pathname + search, method: 'POST' as const, headers, body },
        signal: AbortSignal.any([signal, late]),
      });
      const status = answer.statusCode;
      return timed({ status, headers: headersOf(answer.headers), body: await startOf(answer.body) });
    } catch (error) {
      return timed({ error: late.aborted ? 'no answer in time' : wordsOf(error) });
    }
  }

  /** Ends when the application does; requests under way are cut off. */
  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }
}

/** The first 16 kB as text. What comes after is not read: the connection is given up instead. */
async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= ANSWER_BYTES_MAX) break;
    }
  } catch {
    // The status came, which is the answer; what else was to come did not.
  }
  // PostgreSQL stores no NUL, and what was cut may end within a character.
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8').replaceAll('\u0000', '');
}

function headersOf(headers: Readonly<Record<string, string | string[] | undefined>>): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).slice(0, HEADERS_KEPT_MAX);
  const plain = (text: string): string => text.slice(0, HEADER_LENGTH_MAX).replaceAll('\u0000', '');
  return Object.fromEntries(
    kept.map(([name, value]) => [plain(name), plain(Array.isArray(value) ? value.join(', ') : (value ?? ''))]),
  );
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut off',
  EPIPE: 'the connection was cut off',
  ENOTFOUND: 'the name of the host has no address',
  EHOSTUNREACH: 'the host is not reached',
  ENETUNREACH: 'the network is not reached',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'the connection was cut off',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
};

/** For the log of deliveries, which customers read: no address, no name of ours. */
function wordsOf(error: unknown): string {
  if (error instanceof AddressRefused) return error.message;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  if (/^(CERT|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_SSL)/.test(code))
    return `the certificate is refused: ${code}`;
  return WORDS[code] ?? (code === '' ? 'the request failed' : `the request failed: ${code}`);
}
