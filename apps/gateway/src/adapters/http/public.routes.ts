import type { FastifyInstance } from 'fastify';
import { JOB_SCHEMA } from '../../domain/job-schema';
import { sendError } from './edge';

/** What anybody may read: where things are, and what they look like. */
export function publicRoutes(http: FastifyInstance, facts: { readonly sdl: string; readonly version: string }): void {
  const landing = {
    name: 'Solyx gateway',
    version: facts.version,
    endpoints: {
      '/graphql': 'GraphQL by POST; subscriptions by web socket (graphql-transport-ws)',
      '/events': 'live tail of events (server-sent events)',
      '/v1/documents/<kind>/<id>?format=pdf': 'invoices, exports and proofs as files',
      '/schema.graphql': 'the schema of the API',
      '/schemas/job.json': 'JSON Schema of a job file',
      '/agents/join': 'machines join with a one-time token',
      '/agents/renew': 'machines renew their identity',
      '/live, /ready, /metrics': 'for operators',
    },
    hint: 'Send `Authorization: Bearer slx_…`; `npx solyx --help` does it for you.',
  };
  http.setErrorHandler((error, request, reply) => void sendError(reply, error, request.id));
  http.get('/', async () => landing);
  http.get('/schema.graphql', async (_request, reply) => reply.type('text/plain; charset=utf-8').send(facts.sdl));
  http.get('/schemas/job.json', async (_request, reply) =>
    reply.type('application/schema+json').send(JSON.stringify(JOB_SCHEMA)),
  );
}
