import { createServer, connect, type Socket } from 'node:net';

export interface FlakyProxy {
  readonly port: number;
  /** Cuts every connection that is open now. */
  cut(): void;
  /** Refuses new ones, or takes them again. */
  refuse(refused: boolean): void;
  close(): Promise<void>;
}

/** A wire to a local port that can be cut. */
export async function flakyProxy(target: number): Promise<FlakyProxy> {
  const open = new Set<Socket>();
  let refused = false;
  const server = createServer((client) => {
    if (refused) {
      client.destroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut,
    refuse: (on) => {
      refused = on;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
