import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SolyxError } from '@solyx/kernel';
import type { Authenticator } from '../../application/authenticator';
import { Operation } from '../../application/operation';
import { formatError } from '../graphql/errors';
import type { BucketRule, EdgeRates } from '../../application/gateway-settings';
import type { Taken, TokenBuckets } from '../token-bucket';

/** Attempts with a wrong key, or to join, from one address. */
const STRANGERS: BucketRule = { perSecond: 1, burst: 60 };
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

export const tooMany = (taken: Taken, what: string): SolyxError =>
  new SolyxError(
    'ResourceExhausted',
    `too many ${what} at once`,
    { retryAfterSeconds: taken.retryAfterSeconds },
    {
      reason: 'RateLimited',
    },
  );

/** What every door of the gateway does first: who asks, how often, and under which id. */
export class Edge {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly buckets: TokenBuckets,
    private readonly rates: EdgeRates,
  ) {}

  /** Throws Unauthenticated, or ResourceExhausted for an address that keeps guessing. */
  async open(headers: FastifyRequest['headers'], address: string): Promise<Operation> {
    const trace = headers['traceparent'];
    const traceparent = typeof trace === 'string' && TRACEPARENT.test(trace) ? trace : undefined;
    return this.enter(headers.authorization, address, traceparent);
  }

  async enter(authorization: string | undefined, address: string, traceparent?: string): Promise<Operation> {
    try {
      const caller = await this.authenticator.authenticate(authorization);
      return new Operation(caller, randomUUID(), traceparent);
    } catch (error) {
      if (error instanceof SolyxError && error.code === 'Unauthenticated') this.stranger(address);
      throw error;
    }
  }

  /** Someone who has not shown a key; throws when there were too many attempts from there. */
  stranger(address: string): void {
    const taken = this.buckets.take(`stranger ${address}`, STRANGERS, 1);
    if (!taken.allowed) throw tooMany(taken, 'attempts');
  }

  take(operation: Operation, kind: keyof EdgeRates, tokens: number): Taken {
    return this.buckets.take(`${kind} ${operation.caller.actor.id}`, this.rates[kind], tokens);
  }
}

export function rateHeaders(reply: FastifyReply, taken: Taken): void {
  reply.header('ratelimit-limit', taken.limit);
  reply.header('ratelimit-remaining', taken.remaining);
  reply.header('ratelimit-reset', taken.resetSeconds);
  if (!taken.allowed) reply.header('retry-after', taken.retryAfterSeconds);
}

/** Fastify's own errors, such as a body too large, as ours. */
export function asSolyxError(error: unknown): SolyxError {
  if (error instanceof SolyxError) return error;
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message?: string };
  if (statusCode === 413) {
    return new SolyxError(
      'InvalidArgument',
      'the body is larger than 256 kB',
      {},
      { reason: 'BodyTooLarge', hint: 'Send less at once.' },
    );
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new SolyxError('InvalidArgument', message ?? 'the request is malformed', {}, { reason: 'InvalidRequest' });
  }
  return SolyxError.from(error);
}

/** An answer of the plain HTTP routes that says no. */
export function sendError(reply: FastifyReply, error: unknown, correlationId: string = randomUUID()): FastifyReply {
  const ours = asSolyxError(error);
  const { retryAfterSeconds } = ours.details;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (ours.code === 'Internal') reply.log.error({ err: error, correlationId }, 'unexpected failure');
  const { message, extensions } = formatError(ours, correlationId);
  return reply.code(statusOf(error, ours)).send({ message, ...extensions });
}

export const statusOf = (error: unknown, ours: SolyxError): number =>
  (error as { readonly statusCode?: number }).statusCode === 413 ? 413 : ours.http;
