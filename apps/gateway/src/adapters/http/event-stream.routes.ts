import { once } from 'node:events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SolyxError } from '@solyx/kernel';
import type { EventView } from '../../application/event-view';
import type { LiveQuery } from '../../application/live.query';
import { leavable } from '../graphql/schema';
import { rateHeaders, sendError, tooMany, type Edge } from './edge';

const ALIVE_MS = 15_000;
const STALLED_MS = 15_000;

interface Query {
  readonly after?: string;
  readonly types?: string;
}

/**
 * `GET /events`: the live tail as server-sent events (WHATWG HTML §9.2). The id of each is its position, so that
 * `Last-Event-ID` resumes without a gap; `?after=` does the same by hand, `?types=cmo.job.,billing.` chooses.
 */
export function eventStreamRoutes(
  http: FastifyInstance,
  { edge, live }: { readonly edge: Edge; readonly live: LiveQuery },
): void {
  http.get('/events', async (request: FastifyRequest<{ Querystring: Query }>, reply) => {
    try {
      const operation = await edge.open(request.headers, request.ip);
      const taken = edge.take(operation, 'subscription', 1);
      rateHeaders(reply, taken);
      if (!taken.allowed) throw tooMany(taken, 'streams');
      const last = request.headers['last-event-id'];
      const after = typeof last === 'string' && last !== '' ? last : request.query.after;
      const types = request.query.types?.split(',').filter((type) => type !== '');
      const input = { ...(after === undefined ? {} : { after }), ...(types ? { types } : {}) };
      // Asked before the answer begins, so that a refusal still has a status of its own.
      await live.allowEvents(operation, input);
      const source = (signal: AbortSignal): AsyncIterable<EventView> => live.events(operation, input, signal);
      await stream(request, reply, leavable(source));
    } catch (error) {
      if (!reply.raw.headersSent) await sendError(reply, error, request.id);
    }
  });
}

async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  events: AsyncIterableIterator<EventView>,
): Promise<void> {
  const out = reply.raw;
  const leave = (): void => void events.return?.();
  request.raw.socket.once('close', leave);
  reply.hijack();
  out.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  out.write(': solyx\n\n');
  const alive = setInterval(() => out.write(': alive\n\n'), ALIVE_MS);
  try {
    for await (const event of events) await write(out, event);
  } catch (error) {
    const { code, reason, hint, message } = SolyxError.from(error);
    out.write(`event: error\ndata: ${JSON.stringify({ code, reason, hint, message })}\n\n`);
  } finally {
    clearInterval(alive);
    request.raw.socket.off('close', leave);
    leave();
    out.end();
  }
}

async function write(out: FastifyReply['raw'], event: EventView): Promise<void> {
  if (out.write(`id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)) return;
  const taken = await Promise.race([
    once(out, 'drain', { signal: AbortSignal.timeout(STALLED_MS) }).then(
      () => true,
      () => false,
    ),
    once(out, 'close').then(() => false),
  ]);
  if (!taken) {
    throw new SolyxError(
      'ResourceExhausted',
      'the reader was too slow',
      { position: event.position },
      { reason: 'SlowListener' },
    );
  }
}
