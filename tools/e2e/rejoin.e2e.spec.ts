import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT, startPlane, until, type Plane } from '../../scripts/lib/plane.cjs';

/** A second machine, played by a second agent on this one, that leaves and comes back. */
jest.setTimeout(600_000);

interface Node {
  readonly id: string;
  readonly simulated: boolean;
  readonly phase: string;
}

describe('A machine that left', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'solyx-rejoin-'));
  const stateDir = path.join(folder, 'agent');
  let plane: Plane;
  let agent: ChildProcess | undefined;

  const end = async (): Promise<void> => {
    if (!agent) return;
    const gone = once(agent, 'exit');
    agent.kill('SIGTERM');
    await gone;
    agent = undefined;
  };
  beforeAll(async () => {
    plane = await startPlane({ dataDir: path.join(folder, 'data'), simulated: false });
  });
  afterAll(async () => {
    await end();
    await plane.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Nodes that take work. */
  const ready = async (): Promise<readonly string[]> =>
    (await plane.json<{ nodes: Node[] }>(['fleet'])).nodes
      .filter(({ phase }) => /ready/i.test(phase))
      .map(({ id }) => id);
  const join = async (): Promise<void> => {
    const { token } = await plane.json<{ token: string }>(['agent', 'token']);
    const main = path.join(ROOT, 'apps', 'agent', 'dist', 'main.js');
    agent = spawn(process.execPath, [main, 'join', plane.credentials().url, token, '--data', stateDir], {
      stdio: 'ignore',
    });
  };

  it('comes back with a new token, and its old name stays gone', async () => {
    const [home] = await until(async () => {
      const found = await ready();
      return found.length === 1 && found;
    }, 'the agent of this machine has joined');
    if (home === undefined) throw new Error('no node');
    await join();
    const first = await until(async () => (await ready()).find((id) => id !== home), 'the machine has joined');
    await plane.json(['agent', 'leave', first]);
    await until(async () => !(await ready()).includes(first), 'the machine has left');
    await end();

    await join();
    const second = await until(async () => (await ready()).find((id) => id !== home), 'the machine is back');
    expect(second).not.toBe(first);
    // The other machine takes nothing, so that it is this one that works.
    await plane.json(['agent', 'drain', home]);
    await until(async () => !(await ready()).includes(home), 'the other machine takes nothing more');
    const ran = await plane.solyx(['run', '--', 'echo', 'back']);
    expect(ran).toMatchObject({ code: 0, out: 'back\n' });
    const { jobs } = await plane.json<{ jobs: { shares: { nodeId: string }[] }[] }>(['ps', '--all']);
    expect(jobs.map(({ shares }) => shares.map(({ nodeId }) => nodeId))).toEqual([[second]]);
  });
});
