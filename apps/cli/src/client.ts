import type { Client } from 'graphql-ws';
import { CliError } from './errors';
import type { Profile } from './profile';

const TRIES_MAX = 4;
const TIMEOUT_MS = 30_000;

interface GraphqlError {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly hint?: string; readonly correlationId?: string };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Talks to the gateway, and to nothing else. Queries and mutations carry idempotency keys, so they may be repeated. */
export class GatewayClient {
  /** One socket for all subscriptions of a command; it closes with the last of them. */
  private socket: Promise<Client> | undefined;

  constructor(private readonly profile: Profile) {}

  get url(): string {
    return this.profile.url;
  }

  async request<T>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.once<T>(query, variables);
      } catch (error) {
        const again = error instanceof CliError && error.code === 'Unavailable' && attempt < TRIES_MAX;
        if (!again) throw error;
        await pause(150 * 2 ** attempt);
      }
    }
  }

  private async once<T>(query: string, variables: Readonly<Record<string, unknown>>): Promise<T> {
    const response = await this.post(query, variables);
    const body = (await response.json().catch(() => undefined)) as
      { data?: T | null; errors?: readonly GraphqlError[] } | undefined;
    const [error] = body?.errors ?? [];
    if (error) throw asCliError(error, response.status);
    if (!response.ok || !body?.data) {
      const code = response.status >= 500 ? 'Unavailable' : response.status === 401 ? 'Unauthenticated' : 'Internal';
      throw new CliError(
        code,
        `the gateway answered ${response.status}`,
        'Try again; `solyx doctor` shows which part is down.',
      );
    }
    return body.data;
  }

  private async post(query: string, variables: Readonly<Record<string, unknown>>): Promise<Response> {
    try {
      return await fetch(`${this.profile.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${this.profile.key}`,
          'x-solyx-client': 'cli',
        },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      if (timedOut)
        throw new CliError(
          'DeadlineExceeded',
          'the gateway did not answer in 30 s',
          'Repeat the command; nothing is done twice.',
        );
      throw new CliError(
        'Unavailable',
        `no gateway at ${this.profile.url}`,
        'Start it with `npm start`, or set SOLYX_URL.',
      );
    }
  }

  /**
   * A subscription that resumes after a lost connection: `variables(last)` is asked again with the last item seen.
   * Ends when the server ends it or `signal` aborts.
   */
  async *subscribe<T>(
    query: string,
    variables: (last: T | undefined) => Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): AsyncGenerator<T> {
    let last: T | undefined;
    for (let lost = 0; !signal.aborted;) {
      try {
        for await (const item of this.stream<T>(query, variables(last), signal)) {
          last = item;
          lost = 0;
          yield item;
        }
        return;
      } catch (error) {
        if (isAborted(signal)) return;
        const failure = error instanceof CliError ? error : connectionError(error);
        lost += 1;
        if (failure.code !== 'Unavailable' || lost > 8) throw failure;
        await pause(Math.min(4_000, 100 * 2 ** lost));
      }
    }
  }

  private async *stream<T>(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): AsyncGenerator<T> {
    this.socket ??= this.connect();
    const results = (await this.socket).iterate<Record<string, T>>({ query, variables });
    const stop = (): void => void results.return?.(undefined);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      for await (const result of results) {
        const [error] = result.errors ?? [];
        if (error) throw asCliError(error, 200);
        for (const item of Object.values(result.data ?? {})) yield item;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  private async connect(): Promise<Client> {
    const [{ createClient }, { WebSocket }] = await Promise.all([import('graphql-ws'), import('ws')]);
    return createClient({
      url: `${this.profile.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      lazy: true,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${this.profile.key}` },
    });
  }
}

function asCliError(error: GraphqlError, status: number): CliError {
  const code = error.extensions?.code ?? (status === 401 ? 'Unauthenticated' : 'Internal');
  const hint = error.extensions?.hint ?? 'Run `solyx doctor`.';
  const correlationId = error.extensions?.correlationId;
  return new CliError(code, error.message, hint, correlationId === undefined ? {} : { correlationId });
}

/** Asked anew each time: it may have changed while something was awaited. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** A torn socket is worth another try; a close with a 4xxx code is the server's word. */
function connectionError(error: unknown): CliError {
  const close = error as { readonly code?: unknown; readonly reason?: string };
  if (Array.isArray(error)) return asCliError(error[0] as GraphqlError, 200);
  if (typeof close.code === 'number' && close.code >= 4400 && close.code < 4500) {
    const code = close.code === 4401 || close.code === 4403 ? 'Unauthenticated' : 'Internal';
    return new CliError(
      code,
      `the gateway closed the stream: ${close.reason ?? String(close.code)}`,
      'Check the key, then repeat the command.',
    );
  }
  return new CliError('Unavailable', 'the stream was lost', 'Repeat the command; it resumes where it was.');
}
