import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DocumentArguments, DocumentsQuery } from '../../application/money/documents.query';
import { rateHeaders, sendError, tooMany, type Edge } from './edge';

/** What a document costs of the points that queries are counted in. */
const POINTS = 20;
/** Names go into a header: what has no place there is left out. */
const plain = (name: string): string => name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 128);

type Query = Omit<DocumentArguments, 'kind' | 'id'>;
interface Route {
  readonly Params: { readonly kind: string; readonly id: string };
  readonly Querystring: Partial<Query>;
}

/** `GET /v1/documents/<kind>/<id>?format=pdf`: a file of billing. The same id is the same bytes, and the same ETag. */
export function documentRoutes(
  http: FastifyInstance,
  { edge, documents }: { readonly edge: Edge; readonly documents: DocumentsQuery },
): void {
  http.get('/v1/documents/:kind/:id', async (request: FastifyRequest<Route>, reply) => {
    try {
      const operation = await edge.open(request.headers, request.ip);
      const taken = edge.take(operation, 'query', POINTS);
      rateHeaders(reply, taken);
      if (!taken.allowed) throw tooMany(taken, 'documents');
      const { format, by, label, organization } = request.query;
      const wanted = { ...request.params, format, by, label, organization };
      const { fileName, contentType, total, sha256, bytes } = await documents.open(operation, wanted);
      const etag = `"${sha256}"`;
      void reply.header('etag', etag).header('cache-control', 'private, no-cache');
      if (request.headers['if-none-match'] === etag) return await reply.code(304).send();
      void reply
        .header('content-disposition', `attachment; filename="${plain(fileName)}"`)
        .header('content-length', total)
        .header('x-content-type-options', 'nosniff')
        .type(contentType);
      return await reply.send(Readable.from(bytes(), { objectMode: false }));
    } catch (error) {
      return sendError(reply, error, request.id);
    }
  });
}
