/** The parts of the launcher that need no server: flags, ports, logs, what is missing, and keeping processes alive. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { compileProjects, isCompiled } from './build.mjs';
import { leaveFolder, takeFolder, writeNote } from './data-folder.mjs';
import { inspect } from './install.mjs';
import { explain, openLog } from './log-file.mjs';
import { parseOptions } from './options.mjs';
import { planPorts } from './plan.mjs';
import { Supervisor } from './supervisor.mjs';

const folder = fs.mkdtempSync(path.join(tmpdir(), 'solyx-launcher-'));
after(() => fs.rmSync(folder, { recursive: true }));

describe('flags', () => {
  it('has a default for each', () => {
    const options = {
      port: 7800,
      dataDir: '/r/.solyx',
      processes: false,
      simulated: true,
      timings: false,
      help: false,
    };
    assert.deepEqual(parseOptions([], '/r'), options);
  });
  it('refuses what it does not know, and ports that are none', () => {
    assert.throws(() => parseOptions(['--prot', '1'], '/r'), /prot/);
    for (const port of ['80', '70000', 'x', '-1', '1e4']) {
      assert.throws(() => parseOptions([`--port=${port}`], '/r'), /--port must be/);
    }
  });
});

describe('ports', () => {
  it('names each port in use and its owner', async () => {
    const { http } = await planPorts(0);
    const server = net.createServer().listen(http, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    await assert.rejects(planPorts(http), (error) => {
      assert.match(error.message, new RegExp(`port ${http}, meant for http, is in use by`));
      if (process.platform === 'linux') assert.match(error.message, new RegExp(`process ${process.pid} `));
      return true;
    });
    await new Promise((resolve) => server.close(resolve));
  });
  it('takes free ones, no two alike', async () => {
    const { health, ...others } = await planPorts(0);
    const all = [...Object.values(others), ...Object.values(health)];
    assert.equal(new Set(all).size, all.length);
  });
});

describe('a log file', () => {
  it('never holds more than two files of its size', () => {
    const { line } = openLog(folder, 'bounded', 1_000);
    for (let i = 0; i < 500; i += 1) line(`line ${i}`);
    const sizes = fs.readdirSync(folder).map((name) => fs.statSync(path.join(folder, name)).size);
    assert.equal(sizes.length, 2);
    assert.ok(sizes.every((size) => size < 1_100));
    assert.match(fs.readFileSync(path.join(folder, 'bounded.log'), 'utf8'), /line 499\n$/);
  });
  it('explains a death by its last error', () => {
    const error = JSON.stringify({ level: 60, msg: 'config', err: { message: 'SOLYX_X is missing' } });
    assert.equal(explain(['a', error, JSON.stringify({ level: 30, msg: 'bye' })]), 'config: SOLYX_X is missing');
    assert.equal(explain(['Error: no such file', '    at x']), 'Error: no such file');
    assert.equal(explain([]), '');
  });
});

describe('the data folder', () => {
  it('belongs to one launcher, and a dead one does not keep it', async () => {
    const data = path.join(folder, 'data');
    await takeFolder(data);
    leaveFolder(data);
    assert.ok(!fs.existsSync(path.join(data, 'running.json')));
    writeNote(data, { launcher: 2 ** 22 + 1 });
    await takeFolder(data);
    assert.equal(JSON.parse(fs.readFileSync(path.join(data, 'running.json'), 'utf8')).launcher, process.pid);
  });
});

describe('what is missing', () => {
  const write = (name, packages) => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), JSON.stringify({ packages }));
  };
  const lock = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/t': { version: '1.0.0', dev: true },
    'node_modules/n': { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] },
    'node_modules/m': { version: '1.0.0', optional: true, os: ['none'] },
    'node_modules/w': { link: true },
  };
  it('is found by name, version and platform, test tools only when asked for', () => {
    write('package-lock.json', lock);
    assert.deepEqual(inspect(folder, { dev: false }).missing, ['node_modules/a', 'node_modules/n']);
    write('node_modules/.package-lock.json', { 'node_modules/a': { version: '0.9.0' } });
    assert.deepEqual(inspect(folder, { dev: true }).missing, ['node_modules/a', 'node_modules/t', 'node_modules/n']);
    write('node_modules/.package-lock.json', lock);
    assert.deepEqual(inspect(folder, { dev: true }), { missing: [], hasDev: true });
  });
});

describe('the compiler', () => {
  it('is asked only where a file is not as it was compiled last', async () => {
    const root = path.join(folder, 'sources');
    const put = (file, text) => {
      fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), text);
    };
    fs.mkdirSync(root);
    fs.symlinkSync(path.resolve('node_modules'), path.join(root, 'node_modules'));
    fs.mkdirSync(path.join(root, 'apps'));
    put('libs/platform/tsconfig.json', '{ "compilerOptions": { "outDir": "dist", "types": [], "composite": true } }');
    put('libs/platform/src/a.ts', 'export const a: number = 1;');
    const projects = ['libs/platform'];
    assert.ok(!isCompiled(root, projects));
    await compileProjects(root, projects);
    assert.ok(isCompiled(root, projects));
    put('libs/platform/src/a.ts', 'export const a: number = 1.5;');
    assert.ok(!isCompiled(root, projects));
    put('libs/platform/src/a.ts', 'export const a: number = "no";');
    await assert.rejects(compileProjects(root, projects), /do not compile/);
    assert.ok(!isCompiled(root, projects));
  });
});

describe('the supervisor', () => {
  /** A process that the test ends when it likes. */
  const fake = (pid, stopped = () => {}) => {
    let end;
    const ended = new Promise((resolve) => (end = resolve));
    const stop = async () => {
      stopped(pid);
      end({ exitCode: 0, signalCode: null, lastLines: [] });
    };
    return { pid, ended, end, stop };
  };

  it('starts again what died, says so, and stops in reverse', async () => {
    const said = [];
    const order = [];
    let back;
    const isBack = new Promise((resolve) => (back = resolve));
    const supervisor = new Supervisor({
      say: (text) => (said.push(text), /is back/.test(text) && back()),
      changed: () => {},
      giveUp: assert.fail,
    });
    const runs = [];
    await supervisor.add('one', async () => fake(1, (pid) => order.push(pid)));
    await supervisor.add('two', async () => (runs.push(fake(10 + runs.length, (pid) => order.push(pid))), runs.at(-1)));
    runs[0].end({ exitCode: 1, signalCode: null, lastLines: ['Error: disk full'] });
    await isBack;
    assert.deepEqual(supervisor.processes(), { one: 1, two: 11 });
    assert.match(said[0], /two ended with code 1: Error: disk full; starting it again/);
    await supervisor.stopAll();
    assert.deepEqual(order, [11, 1]);
  });

  it('does not wait for a start that waits for others', async () => {
    const order = [];
    const supervisor = new Supervisor({ say: assert.fail, changed: () => {}, giveUp: assert.fail });
    await supervisor.add('one', async () => fake(1, (pid) => order.push(pid)));
    const starting = supervisor.add('two', async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      order.push('given up');
      throw new Error('given up');
    });
    starting.catch(() => {});
    await supervisor.stopAll();
    assert.deepEqual(order, ['given up', 1]);
  });

  it('gives up after ten deaths in a row', async () => {
    const reason = await new Promise((resolve) => {
      const supervisor = new Supervisor({ say: () => {}, changed: () => {}, giveUp: resolve, pause: async () => {} });
      let runs = 0;
      const begin = async () => {
        if (runs++ > 0) throw new Error('no');
        return { ...fake(1), ended: Promise.resolve({ exitCode: 1, signalCode: null, lastLines: [] }) };
      };
      void supervisor.add('one', begin);
    });
    assert.match(reason, /one died 10 times in a row/);
  });
});
