/**
 * `npm test`: installs and builds what is missing, type-checks, runs every test of every runner, and counts them.
 *
 * The last line is always `N passed, N failed, N skipped`; every skipped test is named above it. Ends with 1 on any
 * failure, and when nothing ran at all.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './lib/build.mjs';
import { install, requireNode } from './lib/install.mjs';
import { findOrInstallNatsServer } from './lib/nats.mjs';
import { runThrough } from './lib/run-through.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const say = (text) => console.error(`test: ${text}`);

/** Brings everything that the tests need; a source that does not type-check is not tested. */
async function makeReady() {
  requireNode();
  await install(ROOT, { dev: true, say });
  const natsServer = await findOrInstallNatsServer(path.join(ROOT, '.solyx'), say);
  await compile(ROOT, '-b');
  await compile(ROOT, '-p', 'tsconfig.spec.json');
  return { SOLYX_NATS_SERVER: natsServer };
}

/** Jest over all projects. A file that fails to load counts as one failure, since none of its tests ran. */
async function runJest(words, env) {
  const folder = mkdtempSync(path.join(tmpdir(), 'solyx-test-'));
  const report = path.join(folder, 'jest.json');
  const jest = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const options = ['-w', '2', '--ci', '--json', `--outputFile=${report}`, ...words];
  // With --json Jest repeats the report on its standard output, which the file holds already.
  const code = await runThrough([process.execPath, jest, ...options], { cwd: ROOT, env, each: () => {} });
  try {
    return jestTotals(JSON.parse(readFileSync(report, 'utf8')), code);
  } catch {
    return { passed: 0, failed: 1, skipped: [] }; // Jest ended without a report, and has said why.
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts a report of Jest. */
function jestTotals(report, code) {
  const skipped = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'pending' || status === 'todo' || status === 'disabled')
      .map(({ fullName }) => `${fullName} (${path.relative(ROOT, name)})`),
  );
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  // A non-zero code without a failed test is a failure all the same: a global teardown, an open snapshot.
  return { passed: report.numPassedTests, failed: failed || (code === 0 ? 0 : 1), skipped };
}

/** Modules that Jest does not load: the launcher's tests, and those of what the benches stand on. */
const NODE_TESTS = [
  'scripts/lib/launcher.test.mjs',
  'scripts/lib/servers.test.mjs',
  'apps/drm/bench/openb/openb.test.mjs',
  'apps/drm/bench/openb/floor.test.mjs',
];

/** Node's own runner over them. */
async function runNodeTests(env) {
  let output = '';
  const command = [process.execPath, '--test', '--test-reporter=tap', ...NODE_TESTS];
  const code = await runThrough(command, { cwd: ROOT, env, each: (chunk) => (output += chunk) });
  if (code !== 0) console.error(output);
  const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const skipped = [...output.matchAll(/^\s*ok \d+ - (.+ # SKIP.*)$/gm)].map(([, name]) => name);
  return { passed: count('pass'), failed: count('fail') || (code === 0 ? 0 : 1), skipped };
}

async function main() {
  const words = process.argv.slice(2);
  const env = await makeReady();
  const totals = [await runJest(words, env)];
  if (words.length === 0) totals.push(await runNodeTests(env));
  const sum = (pick) => totals.reduce((all, each) => all + pick(each), 0);
  const [passed, failed, skipped] = [sum((t) => t.passed), sum((t) => t.failed), totals.flatMap((t) => t.skipped)];
  for (const name of skipped) console.log(`skipped: ${name}`);
  if (passed + failed === 0) console.log('no test ran');
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(error.message);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
});
