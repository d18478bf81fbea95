import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import { SolyxError } from '@solyx/kernel';
import { inSpan, SERVICE } from '@solyx/eventing';
import type { Operation } from '../../application/operation';
import { asSolyxError, rateHeaders, statusOf, tooMany, type Edge } from '../http/edge';
import type { DocumentLimits, MeasuredDocument } from './document-limits';
import { errorsOf, formatError, toSolyxError } from './errors';

export const BODY_BYTES_MAX = 256 * 1024;
const OPERATION_WITHIN_MS = 10_000;

interface GraphqlRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
}

interface Parts {
  readonly edge: Edge;
  readonly limits: DocumentLimits;
}

const malformed = (message: string, hint: string): SolyxError =>
  new SolyxError('InvalidArgument', message, {}, { reason: 'InvalidRequest', hint });

/** GraphQL over HTTP: queries by POST or GET, mutations by POST alone, subscriptions on the web socket. */
export function graphqlRoutes(http: FastifyInstance, { edge, limits }: Parts): void {
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    let operation: Operation | undefined;
    try {
      operation = await edge.open(request.headers, request.ip);
      refuseForgery(request);
      const asked = request.method === 'GET' ? fromQuery(request.query) : fromBody(request.body);
      const measured = limits.measure(asked.query);
      refuseKind(measured, request.method);
      const cost = measured.cost(asked.variables);
      const kind = measured.operation === 'mutation' ? 'mutation' : 'query';
      const taken = edge.take(operation, kind, kind === 'mutation' ? 1 : cost);
      rateHeaders(reply, taken);
      if (!taken.allowed) throw tooMany(taken, kind === 'mutation' ? 'mutations' : 'queries');
      return await traced(kind, { http, reply, operation, asked, cost });
    } catch (error) {
      return refuse(reply, error, operation?.correlationId ?? request.id);
    }
  };
  http.setErrorHandler((error, request, reply) => void refuse(reply, error, request.id));
  http.post('/graphql', { bodyLimit: BODY_BYTES_MAX }, handle);
  http.get('/graphql', handle);
}

function refuse(reply: FastifyReply, error: unknown, correlationId: string): FastifyReply {
  const ours = asSolyxError(error);
  const { retryAfterSeconds } = ours.details;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (ours.code === 'Internal') reply.log.error({ err: error, correlationId }, 'unexpected failure');
  return reply.code(statusOf(error, ours)).send({ errors: [formatError(ours, correlationId)] });
}

/** A page of another origin can send simple requests alone: what needs a header of its own cannot be forged. */
function refuseForgery({ headers, method }: FastifyRequest): void {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const own = headers['x-solyx-client'] !== undefined;
  if (method === 'POST' ? type === 'application/json' : own || type === 'application/json') return;
  throw malformed(
    'the request could have been forged',
    method === 'POST' ? 'Send content-type: application/json.' : 'Send the header x-solyx-client: <your program>.',
  );
}

function refuseKind(measured: MeasuredDocument, method: string): void {
  if (measured.operation === 'subscription') {
    throw malformed(
      'subscriptions do not come over HTTP',
      'Use the web socket (graphql-transport-ws), or GET /events.',
    );
  }
  if (measured.operation === 'mutation' && method !== 'POST') {
    throw malformed('mutations come by POST alone', 'Send it by POST.');
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fromBody(body: unknown): GraphqlRequest {
  if (!isRecord(body)) throw malformed('the body is not one request', 'Send { "query": "{ … }", "variables": { … } }.');
  return fromParts(body['query'], body['variables'], body['operationName']);
}

function fromQuery(query: unknown): GraphqlRequest {
  const { query: text, variables, operationName } = (query ?? {}) as Record<string, unknown>;
  let parsed: unknown;
  try {
    parsed = typeof variables === 'string' && variables !== '' ? JSON.parse(variables) : undefined;
  } catch {
    throw malformed('variables are not JSON', 'Encode them as JSON, then as a part of the address.');
  }
  return fromParts(text, parsed, operationName);
}

function fromParts(query: unknown, variables: unknown, operationName: unknown): GraphqlRequest {
  if (typeof query !== 'string' || query.trim() === '')
    throw malformed('query is missing', 'Send { "query": "{ … }" }.');
  if (variables !== undefined && variables !== null && !isRecord(variables)) {
    throw malformed('variables are not an object', 'Send { "variables": { … } }.');
  }
  return {
    query,
    variables: variables ?? {},
    operationName: typeof operationName === 'string' && operationName !== '' ? operationName : undefined,
  };
}

interface Execution {
  readonly http: FastifyInstance;
  readonly reply: FastifyReply;
  readonly operation: Operation;
  readonly asked: GraphqlRequest;
  readonly cost: number;
}

const logger = new Logger('GraphQL');

/** The first span of all that follows, or the next of the trace that the caller brought along. */
function traced(kind: 'query' | 'mutation', execution: Execution): Promise<unknown> {
  const { operation, asked } = execution;
  const attributes = {
    [SERVICE]: 'gateway',
    'graphql.operation.type': kind,
    ...(asked.operationName === undefined ? {} : { 'graphql.operation.name': asked.operationName.slice(0, 64) }),
  };
  const { traceparent } = operation;
  return inSpan({ name: `graphql ${kind}`, kind: 'server', traceparent, attributes }, async () => {
    const answer = await execute(execution);
    logger.debug(`${kind} of ${operation.caller.actor.id}, correlation ${operation.correlationId}`);
    return answer;
  });
}

async function execute({ http, reply, operation, asked, cost }: Execution): Promise<unknown> {
  const context = { operation };
  const { query, variables, operationName } = asked;
  const extensions = { cost: { requested: cost }, correlationId: operation.correlationId };
  try {
    const result = await inTime<ExecutionResult>(http.graphql(query, context, { ...variables }, operationName));
    const { data, errors } = result;
    for (const error of errors ?? []) logFault(reply, error, operation);
    return {
      data: data ?? null,
      ...(errors && errors.length > 0
        ? { errors: errors.map((error) => formatError(error, operation.correlationId)) }
        : {}),
      extensions: {
        ...extensions,
        correlationId: operation.correlationId,
        ...(operation.stale ? { stale: true } : {}),
      },
    };
  } catch (thrown) {
    const errors = errorsOf(thrown);
    for (const error of errors) logFault(reply, error, operation);
    const [first] = errors;
    reply.code(toSolyxError(first).http);
    return { errors: errors.slice(0, 20).map((error) => formatError(error, operation.correlationId)), extensions };
  }
}

function logFault(reply: FastifyReply, error: unknown, operation: Operation): void {
  const ours = toSolyxError(error);
  if (ours.code !== 'Internal') return;
  reply.log.error({ err: ours.cause ?? ours, correlationId: operation.correlationId }, 'unexpected failure');
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new SolyxError('DeadlineExceeded', `the operation took longer than ${OPERATION_WITHIN_MS / 1000} s`));
    }, OPERATION_WITHIN_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
