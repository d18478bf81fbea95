/**
 * A process that hosts services. The launcher says which over IPC: first to load their code, then to begin. Each is a
 * compiled app, `dist/index.js` and `dist/main.js`, which reads its configuration while it is loaded. So the environment
 * is set anew before each, and put back after.
 */
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const DRAIN_MS = 8_000;

// First of all: without its launcher this process has no reason to live.
process.once('disconnect', () => {
  setTimeout(() => process.exit(1), DRAIN_MS).unref();
  process.kill(process.pid, 'SIGTERM');
});

/** Loads one file of each service, in the environment that is meant for it. */
function loadEach(services, file) {
  const inherited = { ...process.env };
  for (const { folder, env } of services) {
    Object.assign(process.env, env);
    require(path.join(folder, file));
    for (const name of Object.keys(env)) {
      if (name in inherited) process.env[name] = inherited[name];
      else delete process.env[name];
    }
  }
}

let services = [];
process.on('message', (message) => {
  if (message.solyx === 'load') {
    services = message.services;
    loadEach(services, 'index.js');
  } else if (message.solyx === 'begin') loadEach(services, 'main.js');
});
