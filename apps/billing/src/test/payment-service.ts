import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one call: nothing; the answer is lost after it was done; or it fails before or after. */
export type Mishap = 'none' | 'lose' | 'fail-before' | 'fail-after' | 'garbage' | 'busy';

export interface MadeTransfer {
  readonly id: string;
  readonly amount: number;
  readonly destination: string;
  readonly transfer_group: string;
  reversed: boolean;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

/**
 * A payment service in the shape of Stripe Connect on a real socket: transfers with idempotency keys, lists by transfer
 * group, accounts. It loses answers, fails before or after the deed, and forgets idempotency keys when told.
 */
export class PaymentService {
  readonly transfers: MadeTransfer[] = [];
  readonly accounts = new Map<string, object>();
  readonly refusals = new Map<string, { status: number; error: object }>();
  readonly mishaps: Mishap[] = [];
  posts = 0;
  private readonly answers = new Map<string, { form: string; transfer: MadeTransfer }>();
  private server: Server | undefined;

  async start(): Promise<string> {
    const server = createServer((request, response) => {
      this.serve(request, response).catch(() => response.destroy());
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** As after a day: the same key is a new call. */
  forgetKeys(): void {
    this.answers.clear();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    const mishap = this.mishaps.shift() ?? 'none';
    if (mishap === 'fail-before' || mishap === 'busy') {
      say(response, mishap === 'busy' ? 429 : 500, { error: { type: 'api_error' } });
      return;
    }
    const [status, answer] = this.answer(request, text);
    if (mishap === 'lose') response.destroy();
    else if (mishap === 'garbage') response.writeHead(200).end('<html>');
    else if (mishap === 'fail-after') say(response, 500, { error: { type: 'api_error' } });
    else say(response, status, answer);
  }

  private answer(request: IncomingMessage, text: string): [number, object] {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://local');
    if (request.headers.authorization !== 'Bearer sk_test') return [401, { error: { type: 'invalid_request_error' } }];
    if (request.method === 'POST') return this.make(String(request.headers['idempotency-key']), text);
    if (pathname.startsWith('/v1/accounts/')) {
      const account = this.accounts.get(pathname.slice('/v1/accounts/'.length));
      return account ? [200, account] : [404, { error: { code: 'resource_missing' } }];
    }
    if (pathname === '/v1/transfers') {
      const group = searchParams.get('transfer_group');
      return [200, { object: 'list', data: this.transfers.filter(({ transfer_group }) => transfer_group === group) }];
    }
    const found = this.transfers.find(({ id }) => pathname === `/v1/transfers/${id}`);
    return found ? [200, found] : [404, { error: { code: 'resource_missing' } }];
  }

  private make(key: string, form: string): [number, object] {
    this.posts += 1;
    const known = this.answers.get(key);
    if (known) return known.form === form ? [200, known.transfer] : [400, { error: { type: 'idempotency_error' } }];
    const fields = new URLSearchParams(form);
    const destination = fields.get('destination') ?? '';
    const refusal = this.refusals.get(destination);
    if (refusal) return [refusal.status, { error: refusal.error }];
    const transfer = {
      id: `tr_${this.transfers.length + 1}`,
      amount: Number(fields.get('amount')),
      destination,
      transfer_group: fields.get('transfer_group') ?? '',
      reversed: false,
    };
    this.transfers.push(transfer);
    this.answers.set(key, { form, transfer });
    return [200, transfer];
  }
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
