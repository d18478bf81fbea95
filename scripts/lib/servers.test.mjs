/** The launcher with real servers and, in place of Solyx' services, three lines each that say they are ready. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { answers } from './ports.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const plane = fs.mkdtempSync(path.join(tmpdir(), 'solyx-plane-'));
const data = path.join(plane, 'data');

const BOOTSTRAP = `
const fs = require('node:fs');
exports.prepare = async ({ dataDir, services }) => {
  const natsConfigPath = dataDir + '/nats.conf';
  fs.writeFileSync(natsConfigPath, 'jetstream { store_dir: "' + dataDir + '/jetstream" }');
  const names = [...services, 'agent', 'eventstore'];
  return { natsConfigPath, env: Object.fromEntries(names.map((name) => [name, { SOLYX_SERVICE: name }])), welcome: () => 'READY' };
};
exports.prepareDatabase = async () => {};`;
const SERVICE = `
const service = process.env.SOLYX_SERVICE;
setInterval(() => {}, 1e6);
setImmediate(() => process.send({ solyx: 'ready', service }));
process.once('SIGTERM', () => process.exit(0));`;

/** A repository with the real launcher and compiled code of a few lines. */
function layOut() {
  const put = (file, text) => {
    fs.mkdirSync(path.dirname(path.join(plane, file)), { recursive: true });
    fs.writeFileSync(path.join(plane, file), text);
  };
  fs.cpSync(path.join(ROOT, 'scripts'), path.join(plane, 'scripts'), { recursive: true });
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(plane, 'node_modules'));
  fs.copyFileSync(path.join(ROOT, 'package-lock.json'), path.join(plane, 'package-lock.json'));
  for (const group of ['apps', 'libs', 'tools']) {
    if (fs.existsSync(path.join(ROOT, group))) fs.mkdirSync(path.join(plane, group), { recursive: true });
  }
  const compiled = ['gateway', 'drm', 'cmo', 'sdn', 'billing', 'optimizer', 'agent', 'cli'].map((app) => `apps/${app}`);
  for (const project of [...compiled, 'libs/eventstore-embedded']) {
    put(`${project}/tsconfig.json`, '{ "files": ["empty.ts"], "compilerOptions": { "types": [], "noEmit": true } }');
    put(`${project}/empty.ts`, 'export {};');
  }
  put('libs/platform/dist/bootstrap.js', BOOTSTRAP);
  const apps = ['gateway', 'drm', 'cmo', 'sdn', 'billing', 'optimizer', 'agent'].map((app) => `apps/${app}`);
  for (const project of [...apps, 'libs/eventstore-embedded']) {
    put(`${project}/dist/index.js`, '');
    put(`${project}/dist/main.js`, SERVICE);
  }
}

/** Starts the launcher and resolves when it is ready. */
async function launch(...words) {
  const command = ['scripts/start.mjs', '--port', '0', '--data', data, ...words];
  const child = spawn(process.execPath, command, { cwd: plane, stdio: ['ignore', 'pipe', 'pipe'] });
  child.said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (child.said += chunk));
  await until(() => /READY/.test(child.said) || child.exitCode !== null, 'READY', child);
  assert.match(child.said, /READY/);
  return child;
}

/** Waits for a fact; says what was missing when it never comes. */
async function until(fact, what, child) {
  for (let i = 0; i < 1_500; i += 1) {
    if (await fact()) return;
    await wait(20);
  }
  assert.fail(`${what} did not come\n${child?.said}`);
}

const running = () => JSON.parse(fs.readFileSync(path.join(data, 'running.json'), 'utf8'));
const lives = (pid) => {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/s.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
const pidsOf = () => Object.values(running().processes);

before(layOut);
after(() => fs.rmSync(plane, { recursive: true, force: true }));

describe('npm start', () => {
  it('brings back whatever is killed, on the same ports, and stops all on Ctrl-C', async () => {
    const launcher = await launch();
    const { ports } = running();
    assert.deepEqual(Object.keys(running().processes), ['postgres', 'nats', 'eventstore', 'services', 'agent']);
    for (const name of Object.keys(running().processes)) {
      const former = running().processes[name];
      process.kill(former, 'SIGKILL');
      const isBack = () => (running().processes[name] ?? former) !== former;
      await until(isBack, `${name} after kill -9`, launcher);
    }
    assert.ok((await answers(ports.postgres)) && (await answers(ports.nats)));
    const pids = pidsOf();
    launcher.kill('SIGINT');
    const [code] = await once(launcher, 'exit');
    assert.equal(code, 0);
    assert.deepEqual(pids.filter(lives), []);
    assert.ok(!fs.existsSync(path.join(data, 'running.json')));
  });

  it('runs each service on its own when asked, and refuses a second launcher', async () => {
    const launcher = await launch('--processes');
    assert.equal(Object.keys(running().processes).length, 10);
    await assert.rejects(launch(), /already runs/);
    launcher.kill('SIGTERM');
    await once(launcher, 'exit');
  });

  const linux = process.platform === 'linux' ? {} : { skip: 'only Linux ends the children of a killed process' };
  it('leaves no orphan when it is killed with -9, and starts again', linux, async () => {
    const launcher = await launch();
    const pids = pidsOf();
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
    const again = await launch();
    assert.deepEqual(pids.filter(lives), []);
    again.kill('SIGTERM');
    await once(again, 'exit');
  });

  it('stops everything and tells the cause when a service cannot start', async () => {
    const broken = path.join(plane, 'apps', 'drm', 'dist', 'main.js');
    fs.writeFileSync(broken, "throw new Error('DRM_X is missing');");
    await assert.rejects(launch(), /DRM_X is missing/);
    assert.ok(!fs.existsSync(path.join(data, 'running.json')));
    fs.writeFileSync(broken, SERVICE);
  });
});
