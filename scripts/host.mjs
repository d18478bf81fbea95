/**
 * A process that hosts services. The launcher says which over IPC; each is the compiled `dist/main.js` of an app, which
 * reads its configuration while it is loaded. So the environment is set anew before each, and put back after.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const DRAIN_MS = 8_000;

// First of all: without its launcher this process has no reason to live.
process.once('disconnect', () => {
  setTimeout(() => process.exit(1), DRAIN_MS).unref();
  process.kill(process.pid, 'SIGTERM');
});

process.once('message', ({ solyx, services }) => {
  if (solyx !== 'host') throw new Error('the host was started by something other than the launcher');
  const inherited = { ...process.env };
  for (const { main, env } of services) {
    Object.assign(process.env, env);
    require(main);
    for (const name of Object.keys(env)) {
      if (name in inherited) process.env[name] = inherited[name];
      else delete process.env[name];
    }
  }
});
