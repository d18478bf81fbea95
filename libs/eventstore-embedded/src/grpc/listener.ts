import { createServer, isIP, type Socket } from 'node:net';
import type { Server, ServerCredentials } from '@grpc/grpc-js';

/** How long answers and errors may take to leave once the server stops. */
const LEAVING_MS = 500;

export interface Listener {
  readonly port: number;
  /** Takes no new connection, lets answers leave, then cuts what is still open. Bounded. */
  close(): Promise<void>;
}

/**
 * Listens for a gRPC server, keeping the sockets: the server's own `forceShutdown` lets go of a session whose client
 * still holds a stream that it does not read, but leaves its socket half open, and then waits for it for ever.
 */
export function listen(
  server: Server,
  credentials: ServerCredentials,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listener> {
  const injector = server.createConnectionInjector(credentials);
  const sockets = new Set<Socket>();
  const net = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  const close = async (): Promise<void> => {
    net.close();
    await new Promise<void>((resolve) => {
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, LEAVING_MS);
      server.tryShutdown(() => {
        clearTimeout(cut);
        resolve();
      });
    });
    for (const socket of sockets) socket.destroy();
  };
  return new Promise((resolve, reject) => {
    net.once('error', reject);
    net.listen({ host, port, ...(isIP(host) === 6 ? { ipv6Only: true } : {}) }, () => {
      net.off('error', reject);
      const bound = net.address();
      resolve({ port: typeof bound === 'object' && bound ? bound.port : port, close });
    });
  });
}
