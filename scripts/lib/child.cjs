'use strict';
/**
 * Child processes that never outlive the process that started them.
 *
 * On Linux the kernel itself ends a child when its parent dies (prctl PR_SET_PDEATHSIG, set by setpriv), so that even
 * a SIGKILL of the launcher leaves nothing behind. Elsewhere an orderly stop is all there is.
 */
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');

const RUN_AS_NOBODY = ['unshare', '--user', '--map-user=65534', '--map-group=65534'];
const LINE_MAX = 65_536;
const probes = new Map();

/** Does this command line work here? Asked once per process, because the answer does not change. */
function works(command) {
  const key = command.join(' ');
  if (!probes.has(key)) probes.set(key, spawnSync(command[0], [...command.slice(1), 'true']).status === 0);
  return probes.get(key);
}

/** The words before a command that make the kernel send it `signal` when its parent dies; none where that is unknown. */
function deathSignal(signal) {
  const words = ['setpriv', '--pdeathsig', signal];
  return process.platform === 'linux' && works(words) ? words : [];
}

/**
 * The words before a command that make it see itself as an ordinary user, although its files stay root's.
 * Empty for an ordinary user, undefined where the kernel refuses user namespaces.
 */
function ordinaryUser() {
  if (process.getuid?.() !== 0) return [];
  return works(RUN_AS_NOBODY) ? RUN_AS_NOBODY : undefined;
}

/** Calls `each` with every whole line of a stream; a line longer than 64 KiB is cut there. */
function eachLine(stream, each) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    if (rest.length > LINE_MAX) {
      lines.push(rest.slice(0, LINE_MAX));
      rest = '';
    }
    for (const line of lines) each(line);
  });
  stream.on('end', () => rest && each(rest));
}

/** Starts a command in a process group of its own, so that Ctrl-C reaches only the launcher, which stops in order. */
function start(command, { log = () => {}, ...options } = {}) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  // The last lines explain a death that came before anyone read the log.
  child.lastLines = [];
  const note = (line) => {
    child.lastLines.push(line);
    if (child.lastLines.length > 20) child.lastLines.shift();
    log(line);
  };
  if (child.stdout) eachLine(child.stdout, note);
  if (child.stderr) eachLine(child.stderr, note);
  child.on('error', (error) => note(`${command[0]}: ${error.message}`));
  // 'close' comes after the last output, so that lastLines is whole; a failed spawn has no other event.
  child.ended = Promise.race([once(child, 'close').catch(() => {}), once(child, 'error').catch(() => {})]).then(
    () => child,
  );
  return child;
}

/** Has this child ended, or never begun? */
const isOver = (child) => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

/** Asks a child to end, insists after `graceMs`, and resolves when it is gone. Safe to call twice. */
async function stop(child, signal = 'SIGTERM', graceMs = 8_000) {
  if (isOver(child)) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const insist = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(insist);
}

module.exports = { deathSignal, eachLine, isOver, ordinaryUser, start, stop };
