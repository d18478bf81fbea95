/**
 * `npm run bench [-- part of a name] [--strict]`: runs the benches of apps and libs one after another.
 *
 * A bench prints what it likes, and its figures by `reportBench` (`scripts/lib/bench-report.mjs`): one line each,
 * `BENCH {"name","value","unit","better","target"?,"peer"?:{"name","value"}}`. The peer is the physical limit or the
 * bare library, measured in the same run. The rows are kept in `bench/results/NAME.json`. With --strict a missed target
 * ends with 1, as a bench that fails always does.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compile } from './lib/build.mjs';
import { install, requireNode } from './lib/install.mjs';
import { findOrInstallNatsServer } from './lib/nats.mjs';
import { runThrough } from './lib/run-through.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const say = (text) => console.error(`bench: ${text}`);

/** All benches whose path holds every word. */
function discover(words) {
  const list = (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []);
  const projects = ['apps', 'libs'].flatMap((group) => list(path.join(ROOT, group)));
  const files = projects.flatMap((project) => list(path.join(project, 'bench')));
  const named = files.filter((file) => file.endsWith('.bench.mjs')).map((file) => path.relative(ROOT, file));
  return named.filter((file) => words.every((word) => file.includes(word))).sort();
}

/** Runs one bench; its own words pass through, its figures are gathered. */
async function runOne(file, env) {
  say(file);
  const figures = [];
  let skipped = false;
  let rest = '';
  const each = (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      skipped ||= line.startsWith('BENCH-SKIPPED ');
      if (line.startsWith('BENCH ')) figures.push(asRow(JSON.parse(line.slice(6))));
      else console.log(line);
    }
  };
  const code = await runThrough([process.execPath, file], { cwd: ROOT, env, each });
  return { file, figures, skipped, failed: code !== 0 || (figures.length === 0 && !skipped) };
}

/** A number people can compare: three significant digits, thousands apart. */
const show = (value) => Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });

/** Of these less is better, unless a row says otherwise. */
const SPENT = new Set(['ns', 'µs', 'ms', 's', 'B', 'KiB', 'MiB']);

/** `atLeast` and `atMost` say direction and target at once. */
function asRow({ name, value, unit, better, target, atLeast, atMost, peer }) {
  const wanted = target ?? atLeast ?? atMost;
  const isSpent = atMost !== undefined || (atLeast === undefined && SPENT.has(unit));
  return {
    name,
    value,
    unit,
    better: better ?? (isSpent ? 'lower' : 'higher'),
    ...(wanted === undefined ? {} : { target: wanted }),
    ...(peer === undefined ? {} : { peer }),
  };
}

/** Does a figure meet its target? Undefined when it has none. */
function meets({ value, better, target }) {
  if (target === undefined) return undefined;
  return better === 'higher' ? value >= target : value <= target;
}

/** One row of the summary. */
function row(figure) {
  const { name, value, unit, better, target, peer } = figure;
  const verdict = { true: 'met', false: 'MISSED', undefined: '' }[meets(figure)];
  return [
    name,
    `${show(value)} ${unit}`,
    target === undefined ? '' : `${better === 'higher' ? '≥' : '≤'} ${show(target)}`,
    verdict,
    peer ? `${peer.name}: ${show(peer.value)}` : '',
  ];
}

/** Rows as columns of equal width. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Keeps the rows; the newest run is what the repository shows. */
function save({ file, figures }) {
  const folder = path.join(ROOT, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, `${path.basename(file, '.bench.mjs')}.json`),
    `${JSON.stringify(figures, null, 2)}\n`,
  );
}

async function main() {
  const options = { strict: { type: 'boolean' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  requireNode();
  await install(ROOT, { dev: true, say });
  const natsServer = await findOrInstallNatsServer(path.join(ROOT, '.solyx'), say);
  await compile(ROOT, '-b');
  const files = discover(positionals);
  if (files.length === 0) throw new Error(`no bench is named ${positionals.join(' ') || 'anything'}`);
  const results = [];
  for (const file of files) results.push(await runOne(file, { SOLYX_NATS_SERVER: natsServer }));
  const isWhole = process.env.SOLYX_BENCH_QUICK !== '1';
  if (isWhole) results.filter(({ failed, figures }) => !failed && figures.length > 0).forEach(save);
  const figures = results.flatMap((result) => result.figures);
  console.log(`\n${table([['figure', 'measured', 'target', '', 'peer, same run'], ...figures.map(row)])}`);
  const failed = results.filter((result) => result.failed);
  const missed = figures.filter((figure) => meets(figure) === false);
  for (const { file } of failed) console.log(`FAILED: ${file}`);
  const skipped = results.filter((result) => result.skipped).length;
  console.log(
    `\n${figures.length} figures, ${missed.length} targets missed, ${failed.length} benches failed, ${skipped} skipped`,
  );
  process.exitCode = failed.length > 0 || (values.strict && missed.length > 0) ? 1 : 0;
}

main().catch((error) => {
  say(error.message);
  process.exitCode = 1;
});
