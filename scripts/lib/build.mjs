/** Compiles what changed. Nothing to do takes a tenth of a second, so it is asked each time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** The native TypeScript compiler of this repository. */
export const tsc = (root) => [process.execPath, path.join(root, 'node_modules', 'typescript-7', 'bin', 'tsc')];

/** Runs the compiler with these words; rejects with its own report when it finds a fault. */
export async function compile(root, ...words) {
  const [node, script] = tsc(root);
  const child = spawn(node, [script, ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let report = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (report += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the sources do not compile:\n${report.trim()}`);
}
