import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const SWC = JSON.stringify(require.resolve('@swc/core', { paths: [path.resolve(__dirname, '../../..')] }));
const SOURCE = JSON.stringify(path.join(__dirname, 'logger.ts'));

/** The logger of this source in a process of its own, which ends as a service does when its launcher is lost. */
const SPEAKER = `
  const { transformFileSync } = require(${SWC});
  const Module = require('node:module');
  const { code } = transformFileSync(${SOURCE}, { module: { type: 'commonjs' }, jsc: { parser: { syntax: 'typescript' } } });
  const loaded = new Module(${SOURCE}, module);
  loaded.filename = ${SOURCE};
  loaded.paths = Module._nodeModulePaths(require('node:path').dirname(${SOURCE}));
  loaded._compile(code, ${SOURCE});
  const logger = loaded.exports.createLogger({ service: 'drm', instance: 'spec', logLevel: 'info' });
  const die = (error) => { logger.fatal({ err: error }, 'nobody hears this'); process.exit(1); };
  process.on('uncaughtException', die);
  logger.info('is not read');
  process.once('disconnect', () => {
    logger.info('cannot be read');
    setImmediate(() => die(new Error('lost')));
  });
  process.send('ready');`;

/** Hears nothing of what its child says, so that the socket breaks with something unread. */
const LAUNCHER = (speaker: string): string => `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, [${JSON.stringify(speaker)}], { stdio: ['ignore', 'pipe', 'ignore', 'ipc'] });
  child.stdout._handle.readStop();
  child.once('message', () => console.log(child.pid));`;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('Logging', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'solyx-logger-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('never holds up a process whose reader was killed with something unread', async () => {
    const [speaker, launcher] = [path.join(folder, 'speaker.cjs'), path.join(folder, 'launcher.cjs')];
    writeFileSync(speaker, SPEAKER);
    writeFileSync(launcher, LAUNCHER(speaker));
    const parent = spawn(process.execPath, [launcher], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    parent.kill('SIGKILL');
    for (let i = 0; i < 200 && isAlive(pid); i += 1) await wait(50);
    const outlived = isAlive(pid);
    if (outlived) process.kill(pid, 'SIGKILL');
    expect(outlived).toBe(false);
  });
});
