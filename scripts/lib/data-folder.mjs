/** The data folder and its one launcher: two on the same folder would be two writers of one history. */
import fs from 'node:fs';
import path from 'node:path';
import { describe } from './ports.mjs';

/** The file that tells other programs what runs: `{ launcher, url, ports, processes: { name: pid } }`. */
const noteOf = (dataDir) => path.join(dataDir, 'running.json');

/** Takes the folder for this process, or throws naming the launcher that has it. */
export function takeFolder(dataDir) {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const other = readNote(dataDir);
  if (other && isLauncher(other.launcher)) {
    throw new Error(
      `Solyx already runs from ${dataDir}: process ${other.launcher}, ${other.url}. Stop it, or choose --data <folder>.`,
    );
  }
  writeNote(dataDir, { launcher: process.pid });
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

function isLauncher(pid) {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // The number may belong to another program by now.
  return process.platform !== 'linux' || /start\.mjs/.test(describe(pid) ?? '');
}
