/** Starts compiled services in a Node.js process of their own and waits until each says that it is ready. */
import { fileURLToPath } from 'node:url';
import { deathSignal, isOver, start, stop } from './child.cjs';
import { explain } from './log-file.mjs';

const HOST = fileURLToPath(new URL('../host.mjs', import.meta.url));
const READY_WITHIN_MS = 60_000;
const DRAIN_MS = 10_000;

/**
 * Hosts `services` in one process. A service is ready when it sends `{ solyx: 'ready', service: <name> }` over IPC.
 * @param {object} options
 * @param {{ name: string, main: string, env: Record<string, string> }[]} options.services
 * @param {(line: string) => void} options.log
 * @returns {Promise<{ pid: number, ended: Promise<unknown>, stop(): Promise<void> }>}
 */
export async function startServices({ services, log }) {
  const command = [...deathSignal('TERM'), process.execPath, '--enable-source-maps', HOST];
  const env = { NODE_ENV: 'production', ...process.env };
  const child = start(command, { log, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const waiting = new Set(services.map(({ name }) => name));
  try {
    await becomeReady(child, services, waiting);
  } catch (error) {
    await stop(child, 'SIGTERM', DRAIN_MS);
    await child.ended;
    throw new Error(`${error.message}\n${explain(child.lastLines)}`.trim());
  }
  return { pid: child.pid, ended: child.ended, stop: () => stop(child, 'SIGTERM', DRAIN_MS) };
}

/** Resolves when every name in `waiting` has said that it is ready; rejects on death or silence. */
function becomeReady(child, services, waiting) {
  return new Promise((resolve, reject) => {
    const missing = () => [...waiting].join(', ');
    const late = setTimeout(
      () => reject(new Error(`${missing()}: not ready within ${READY_WITHIN_MS / 1000} s`)),
      READY_WITHIN_MS,
    );
    const end = (settle) => (value) => {
      clearTimeout(late);
      settle(value);
    };
    child.on('message', (message) => {
      if (message?.solyx !== 'ready') return;
      waiting.delete(message.service);
      if (waiting.size === 0) end(resolve)();
    });
    void child.ended.then(() => end(reject)(new Error(`${missing()}: ended before being ready`)));
    if (!isOver(child)) child.send({ solyx: 'host', services }, () => {}); // A child that is gone is told of above.
  });
}
