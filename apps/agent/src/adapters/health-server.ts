import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthFacts {
  readonly isReady: boolean;
  readonly tasks: number;
  readonly nodeId: string;
  readonly certificateExpiresInSeconds: number;
}

/** `/live`, `/ready` and `/metrics`, on loopback only. */
export function startHealthServer(port: number, facts: () => HealthFacts): Promise<{ port: number; close(): void }> {
  const server: Server = createServer((request, response) => {
    const { isReady, tasks, nodeId, certificateExpiresInSeconds } = facts();
    const answer = (status: number, body: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' }).end(body);
    };
    if (request.url === '/live') return answer(200, 'live\n');
    if (request.url === '/ready') return answer(isReady ? 200 : 503, isReady ? 'ready\n' : 'the bus is away\n');
    if (request.url !== '/metrics') return answer(404, 'there is /live, /ready and /metrics\n');
    const lines = [
      '# TYPE solyx_agent_tasks gauge',
      `solyx_agent_tasks{node="${nodeId}"} ${tasks}`,
      '# TYPE solyx_agent_bus_connected gauge',
      `solyx_agent_bus_connected{node="${nodeId}"} ${isReady ? 1 : 0}`,
      '# TYPE solyx_agent_identity_expires_seconds gauge',
      `solyx_agent_identity_expires_seconds{node="${nodeId}"} ${certificateExpiresInSeconds}`,
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    ];
    answer(200, `${lines.join('\n')}\n`);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      server.unref();
      resolve({ port: (server.address() as AddressInfo).port, close: () => server.close() });
    });
  });
}
