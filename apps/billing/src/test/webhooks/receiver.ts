import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Resolves when the answer may go; left out: at once. */
  readonly when?: Promise<unknown>;
}

/** A receiver of webhooks that keeps what it got and answers as it is told. */
export class Receiver {
  readonly received: Received[] = [];
  connections = 0;
  /** What it answers. */
  answer: (request: Received) => Answer = () => ({ status: 204 });

  private constructor(private readonly server: Server) {
    server.on('connection', () => (this.connections += 1));
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => undefined);
      request.on('end', () => {
        const got = {
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString('utf8'),
          at: Date.now(),
        };
        this.received.push(got);
        const { status, headers = {}, body = '', when = Promise.resolve() } = this.answer(got);
        void when.then(() => response.writeHead(status, headers).end(body));
      });
    });
  }

  static async listen(host = '127.0.0.1'): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/hooks'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Bodies that came under a path, parsed. */
  bodies(path = '/hooks'): readonly Readonly<Record<string, unknown>>[] {
    return this.received
      .filter((one) => one.path === path)
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
