/** Starts compiled services in a Node.js process of their own and waits until each says that it is ready. */
import { fileURLToPath } from 'node:url';
import { deathSignal, isOver, start, stop } from './child.cjs';
import { explain } from './log-file.mjs';

const HOST = fileURLToPath(new URL('../host.mjs', import.meta.url));
const READY_WITHIN_MS = 60_000;
const DRAIN_MS = 10_000;

/**
 * Hosts `services` in one process. It loads their code at once, and lets them begin when what they need is there. A service
 * is ready when it sends `{ solyx: 'ready', service: <name> }` over IPC.
 * @param {object} options
 * @param {{ name: string, folder: string, env: Record<string, string> }[]} options.services `folder` is that of `main.js`
 * @param {Promise<unknown>} [options.needs] resolves when they may begin; its rejection is the start's
 * @param {(line: string) => void} options.log
 * @param {AbortSignal} [options.signal] gives up the start: the process is ended, and this rejects
 * @returns {Promise<{ pid: number, ended: Promise<unknown>, stop(): Promise<void> }>}
 */
export async function startServices({ services, needs, log, signal }) {
  const command = [...deathSignal('TERM'), process.execPath, HOST];
  const env = { NODE_ENV: 'production', ...process.env };
  const child = start(command, { log, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const stopNow = () => stop(child, 'SIGTERM', DRAIN_MS);
  const tell = (message) => isOver(child) || child.send(message, () => {}); // That a child is gone is told below.
  const waiting = new Set(services.map(({ name }) => name));
  const ended = child.ended.then(() =>
    Promise.reject(new Error(`${[...waiting].join(', ')}: ended before being ready`)),
  );
  ended.catch(() => {}); // It may also end long after its start.
  signal?.addEventListener('abort', stopNow, { once: true });
  try {
    tell({ solyx: 'load', services });
    await Promise.race([needs, ended]);
    tell({ solyx: 'begin' });
    await Promise.race([becomeReady(child, waiting), ended]);
  } catch (error) {
    await stopNow();
    await child.ended;
    throw new Error(`${error.message}\n${explain(child.lastLines)}`.trim());
  } finally {
    signal?.removeEventListener('abort', stopNow);
  }
  return { pid: child.pid, ended: child.ended, stop: stopNow };
}

/** Resolves when every name in `waiting` has said that it is ready; rejects on silence. */
function becomeReady(child, waiting) {
  return new Promise((resolve, reject) => {
    const silence = () => reject(new Error(`${[...waiting].join(', ')}: not ready within ${READY_WITHIN_MS / 1000} s`));
    const late = setTimeout(silence, READY_WITHIN_MS);
    child.ended.then(() => clearTimeout(late));
    child.on('message', (message) => {
      if (message?.solyx !== 'ready' || !waiting.delete(message.service) || waiting.size > 0) return;
      clearTimeout(late);
      resolve();
    });
  });
}
