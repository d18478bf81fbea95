/** A second machine, played by a second agent on this one, and what happens when it dies for good. */
import { spawn } from 'node:child_process';
import { eventsOf } from './chaos-history.mjs';
import { ROOT, until } from './plane.mjs';
import path from 'node:path';

const LOST_WITHIN_MS = 120_000;
const RERUN_WITHIN_MS = 120_000;

const nodesOf = async (plane) => (await plane.json(['fleet'])).nodes.filter(({ simulated }) => !simulated);

/** Joins with the token that `solyx agent token` prints; resolves when the fleet has two real nodes. */
export async function startSecondAgent(plane, stateDir) {
  await until(async () => (await nodesOf(plane)).length === 1, 'the agent of this machine has joined');
  const { token } = await plane.json(['agent', 'token']);
  const main = path.join(ROOT, 'apps', 'agent', 'dist', 'main.js');
  const words = [main, 'join', plane.credentials().url, token, '--data', stateDir];
  const child = spawn(process.execPath, words, { stdio: 'ignore' });
  await until(async () => (await nodesOf(plane)).length === 2, 'the second agent has joined');
  return child;
}

/**
 * Fills both nodes with one job each, kills the second agent, frees the first node, and measures from the loss of the
 * node to the next attempt of its job.
 */
export async function agentLoss({ plane, load, second, witness }) {
  const script = (after) => `echo "$SOLYX_JOB_ID $SOLYX_ATTEMPT" >> '${witness}'; ${after}`;
  // The first attempt never ends by itself; the next one, elsewhere, ends at once.
  const run = ['sh', '-c', script('[ "$SOLYX_ATTEMPT" -gt 1 ] || sleep 120')];
  const wish = { run, resources: { gpu: '0', cpu: '1.1', memory: '32MiB' }, retry: { max: 2, on: ['node-lost'] } };
  const jobs = [await load.submit('real', wish), await load.submit('real', wish)];
  const running = () => nodesOf(plane).then((nodes) => nodes.filter((node) => node.jobs.length > 0));
  await until(async () => (await running()).length === 2, 'each node runs one of two jobs');
  await until(
    async () =>
      (await eventsOf(plane, ['cmo.job.task-started'])).filter(({ data }) => isOneOf(jobs, data)).length === 2,
    'both have started',
  );
  const events = await eventsOf(plane, ['drm.node.registered']);
  const lastNode = events
    .map(({ data }) => data.terms)
    .filter(({ simulated }) => !simulated)
    .at(-1).nodeId;
  const busy = await running();
  const victim = busy.find(({ id }) => id === lastNode).jobs[0];
  const other = busy.find(({ id }) => id !== lastNode).jobs[0];
  const killedAt = Date.now();
  second.kill('SIGKILL');
  await plane.json(['stop', other]);
  load.acknowledged.delete(other); // It was stopped, and so does not succeed.
  const lost = await until(
    async () => (await eventsOf(plane, ['drm.node.lost'])).find(({ data }) => data.nodeId === lastNode),
    'the node is lost',
    LOST_WITHIN_MS,
    200,
  );
  const isRerun = ({ data }) => data.jobId === victim && data.attempt > 1;
  const rerun = await until(
    async () => (await eventsOf(plane, ['cmo.job.task-started'])).find(isRerun),
    'its job runs elsewhere',
    RERUN_WITHIN_MS,
    200,
  );
  await until(() => load.hasEnded(victim), 'its job has ended');
  return { lostMs: Date.parse(lost.at) - killedAt, rerunMs: Date.parse(rerun.at) - Date.parse(lost.at) };
}

const isOneOf = (jobs, { jobId }) => jobs.some(({ id }) => id === jobId);
