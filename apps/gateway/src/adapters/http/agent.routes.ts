import type { FastifyInstance } from 'fastify';
import { AgentJoinRequest, AgentRenewRequest, readMessage } from '@solyx/contracts';
import type { Join } from '../../application/join';
import { sendError, type Edge } from './edge';

const BODY_BYTES_MAX = 64 * 1024;

/** The door for machines: a token makes a node, a signature renews it. */
export function agentRoutes(http: FastifyInstance, { edge, join }: { readonly edge: Edge; readonly join: Join }): void {
  http.post('/agents/join', { bodyLimit: BODY_BYTES_MAX }, async (request, reply) => {
    try {
      edge.stranger(request.ip);
      return await join.join(readMessage(AgentJoinRequest, request.body));
    } catch (error) {
      return sendError(reply, error, request.id);
    }
  });
  http.post('/agents/renew', { bodyLimit: BODY_BYTES_MAX }, async (request, reply) => {
    try {
      edge.stranger(request.ip);
      return await join.renew(readMessage(AgentRenewRequest, request.body));
    } catch (error) {
      return sendError(reply, error, request.id);
    }
  });
}
