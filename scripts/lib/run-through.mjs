/** One command run in the foreground of a script, its output passed through or gathered. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a command to its end. With `each`, its standard output goes there, chunk by chunk.
 * @returns {Promise<number>} its exit code; 1 when a signal ended it
 */
export async function runThrough(command, { cwd, env, each } = {}) {
  const stdio = ['ignore', each ? 'pipe' : 'inherit', 'inherit'];
  const child = spawn(command[0], command.slice(1), { cwd, env: { ...process.env, ...env }, stdio });
  child.stdout?.setEncoding('utf8').on('data', each);
  const [code] = await once(child, 'close');
  return code ?? 1;
}
