/**
 * `node scripts/chaos.mjs [--rounds N] [--json] [--data DIR] [--keep]`: kills every process in turn with -9 while jobs come in,
 * then counts what was lost, run twice or charged twice. Everything is real: the launcher, two agents, the jobs.
 *
 * Ends with 1 when a promise was broken. With --json the last line of the output is the report.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { agentLoss, startSecondAgent } from './lib/chaos-agent.mjs';
import { chargesOf, historyOf } from './lib/chaos-history.mjs';
import { Load } from './lib/chaos-load.mjs';
import { startPlane, until } from './lib/plane.mjs';

const VICTIMS = ['gateway', 'drm', 'cmo', 'sdn', 'billing', 'optimizer', 'eventstore', 'postgres', 'nats', 'agent'];
const BACK_WITHIN_MS = 60_000;
const BETWEEN_MS = 700;
const SETTLE_WITHIN_MS = 180_000;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    data: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const rounds = Math.min(1_000, Math.max(1, Number.parseInt(options.rounds, 10) || 1));
const folder = mkdtempSync(path.join(options.data ?? tmpdir(), 'solyx-chaos-'));
const say = (text) => console.error(`chaos: ${text}`);

/** Kills one process and measures until it runs again, and until a job that is submitted then has ended. */
async function kill(plane, load, name) {
  const former = plane.note().processes[name];
  const from = performance.now();
  process.kill(former, 'SIGKILL');
  const isBack = () => {
    const pid = plane.note().processes[name];
    return pid !== undefined && pid !== former;
  };
  await until(isBack, `${name} is back`, BACK_WITHIN_MS, 20);
  const backMs = Math.round(performance.now() - from);
  const job = await load.submit('real');
  await until(() => load.hasEnded(job.id), `a job after the death of ${name}`, SETTLE_WITHIN_MS, 50);
  const servesMs = Math.round(performance.now() - from);
  say(`${name.padEnd(10)} back after ${backMs} ms, a new job was done after ${servesMs} ms`);
  return { name, backMs, servesMs };
}

/** Slower than it should be on a machine that has nothing else to do; a busy one breaks no promise by that. */
const late = ({ kills, loss }) => [
  ...kills.filter(({ backMs }) => backMs > 5_000).map(({ name, backMs }) => `${name} was back only after ${backMs} ms`),
  ...(loss.rerunMs > 10_000 ? [`a job of a lost node ran again only ${loss.rerunMs} ms after the loss`] : []),
];

/** What a person would be told: every broken promise, named. */
function broken({ lost, ranTwice, notRun, charges, verified }) {
  const differing = verified.views.filter(({ same }) => !same);
  return [
    ...lost.map((id) => `${id} was acknowledged and is lost, or never succeeded`),
    ...ranTwice.map((line) => `ran twice: ${line}`),
    ...notRun.map((id) => `${id} succeeded and never ran`),
    ...charges.faults,
    ...differing.map(({ context, view, rows }) => `${context}: ${view} (${rows} rows) is not what the history gives`),
    ...(verified.complete ? [] : [`no answer to replay verify from ${verified.missing.join(', ')}`]),
    ...(verified.decisionsDiffering > 0
      ? [`${verified.decisionsDiffering} decisions differ when they are run again`]
      : []),
  ];
}

/** Lines that real jobs wrote, `<job> <attempt>` each. */
const linesOf = (file) => readFileSync(file, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean);

async function main() {
  const witness = path.join(folder, 'ran');
  const plane = await startPlane({ dataDir: path.join(folder, 'data'), processes: true });
  let second;
  try {
    second = await startSecondAgent(plane, path.join(folder, 'second-agent'));
    const load = new Load(plane, witness);
    load.start();
    const kills = [];
    for (let round = 1; round <= rounds; round += 1) {
      for (const name of VICTIMS) {
        await wait(BETWEEN_MS);
        kills.push(await kill(plane, load, name));
      }
    }
    await load.stop();
    say(`${load.acknowledged.size} jobs were acknowledged; waiting for their end`);
    await until(() => load.allEnded(), 'every acknowledged job has ended', SETTLE_WITHIN_MS, 500);
    const loss = await agentLoss({ plane, load, second, witness });
    say(`node lost ${loss.lostMs} ms after kill -9 of its agent; its job ran elsewhere ${loss.rerunMs} ms later`);
    const history = await until(() => historyOf(plane).then((found) => found.isSettled && found), 'charges are posted');
    const lines = linesOf(witness);
    const ran = new Set(lines.map((line) => line.split(' ')[0]));
    const phases = await load.phases();
    const report = {
      ...{ rounds, jobs: load.acknowledged.size, kills, loss },
      lost: [...load.acknowledged.keys()].filter((id) => phases.get(id) !== 'Succeeded'),
      ranTwice: lines.filter((line, index) => lines.indexOf(line) !== index),
      notRun: [...load.acknowledged].filter(([id, kind]) => kind === 'real' && !ran.has(id)).map(([id]) => id),
      charges: chargesOf(history),
      verified: JSON.parse((await plane.solyx(['replay', 'verify', '--json'])).out),
    };
    const faults = broken(report);
    for (const text of late(report)) say(`LATE: ${text}`);
    for (const fault of faults) say(`BROKEN: ${fault}`);
    say(
      `${report.jobs} jobs, ${kills.length} kills, ${report.charges.posted} charges: ${faults.length} broken promises`,
    );
    if (options.json) console.log(JSON.stringify({ ...report, faults }));
    return faults.length === 0 ? 0 : 1;
  } finally {
    second?.kill('SIGKILL');
    await plane.stop();
    if (options.keep) say(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main().catch((error) => {
  say(error.stack);
  return 1;
});
