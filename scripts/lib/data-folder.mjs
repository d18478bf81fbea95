/** The data folder and its one launcher: two on the same folder would be two writers of one history. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe } from './ports.mjs';

const ENDING_MS = 12_000; // Longer than a service drains.

/** The file that tells other programs what runs: `{ launcher, url, ports, processes: { name: pid } }`. */
const noteOf = (dataDir) => path.join(dataDir, 'running.json');

/**
 * Takes the folder for this process, or throws naming the launcher that has it. What a killed launcher left behind is
 * about to end by itself, and is waited for.
 */
export async function takeFolder(dataDir) {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const other = readNote(dataDir);
  if (other && isLauncher(other.launcher)) {
    throw new Error(
      `Solyx already runs from ${dataDir}: process ${other.launcher}, ${other.url}. Stop it, or choose --data <folder>.`,
    );
  }
  writeNote(dataDir, { launcher: process.pid });
  const left = Object.values(other?.processes ?? {});
  for (const until = Date.now() + ENDING_MS; left.some(isOurs) && Date.now() < until;) await wait(50);
}

/** Writes the note whole or not at all. */
export function writeNote(dataDir, note) {
  const draft = `${noteOf(dataDir)}.${process.pid}`;
  fs.writeFileSync(draft, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(draft, noteOf(dataDir));
}

/** Gives the folder back, if it is still ours. */
export function leaveFolder(dataDir) {
  if (readNote(dataDir)?.launcher === process.pid) fs.rmSync(noteOf(dataDir), { force: true });
}

function readNote(dataDir) {
  try {
    return JSON.parse(fs.readFileSync(noteOf(dataDir), 'utf8'));
  } catch {
    return undefined; // Nobody was here, or the note was cut off by a crash.
  }
}

/** Is this one of our launchers? */
const isLauncher = (pid) => pid !== process.pid && runs(pid, /start\.mjs/);

/** Is this one of the processes that a launcher starts? */
const isOurs = (pid) => runs(pid, /host\.mjs|postgres|nats-server/);

/** Does this process live, and is it what we take it for? The number may belong to another program by now. */
function runs(pid, command) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || command.test(describe(pid) ?? '');
}
