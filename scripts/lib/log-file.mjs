/** A log file that cannot fill the disk: when it is full it becomes `<name>.1.log`, and the former one goes. */
import fs from 'node:fs';
import path from 'node:path';

const BYTES_MAX = 10 * 1024 * 1024;

/**
 * Opens `<folder>/<name>.log` for appending.
 * @returns {{ line(text: string): void, file: string }} lines are written at once, so that a crash loses none
 */
export function openLog(folder, name, bytesMax = BYTES_MAX) {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.log`);
  let descriptor = fs.openSync(file, 'a');
  let size = fs.fstatSync(descriptor).size;
  const rotate = () => {
    fs.closeSync(descriptor);
    fs.renameSync(file, path.join(folder, `${name}.1.log`));
    descriptor = fs.openSync(file, 'a');
    size = 0;
  };
  const line = (text) => {
    if (size > bytesMax) rotate();
    size += fs.writeSync(descriptor, `${text}\n`);
  };
  return { line, file };
}

/** The most telling line of a dead process: its last logged error, else the last thing it said. */
export function explain(lines) {
  for (const line of [...lines].reverse()) {
    const cause = errorIn(line);
    if (cause) return cause;
  }
  return lines.findLast((line) => /error|fatal|refused|cannot|panic/i.test(line))?.trim() ?? lines.at(-1)?.trim() ?? '';
}

/** The message of a JSON log line at level error or worse. */
function errorIn(line) {
  try {
    const { level, msg, err } = JSON.parse(line);
    return level >= 50 ? [msg, err?.message].filter(Boolean).join(': ') : undefined;
  } catch {
    return undefined; // Not a JSON line.
  }
}
