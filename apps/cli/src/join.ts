import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, EXIT } from './errors';
import { report } from './report';

/** The agent is a program of its own (it outlives the CLI's versions); this starts it in the foreground. */
function agentProgram(): string {
  const path = join(dirname(require.resolve('@solyx/agent/package.json')), 'dist', 'main.js');
  if (existsSync(path)) return path;
  throw new CliError(
    'NotFound',
    'the agent is not built on this machine',
    'Run `npm run build` in the Solyx folder first.',
  );
}

export async function joinThisMachine(
  url: string,
  token: string,
  flags: { data?: string; site?: string },
): Promise<void> {
  try {
    const args = [agentProgram(), 'join', url, token];
    if (flags.data !== undefined) args.push('--data', flags.data);
    if (flags.site !== undefined) args.push('--site', flags.site);
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    process.exitCode = await new Promise<number>((resolve) =>
      child.once('exit', (code) => resolve(code ?? EXIT.failed)),
    );
  } catch (error) {
    process.exitCode = report(error, false);
  }
}
