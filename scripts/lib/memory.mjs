/** What a tree of processes occupies, each shared page counted once (PSS); undefined where the system does not tell. */
import fs from 'node:fs';

/** @returns {number | undefined} MiB of a process and all its descendants */
export function treeMemoryMiB(root) {
  if (process.platform !== 'linux') return undefined;
  const parents = new Map();
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = readOr(`/proc/${pid}/stat`, '');
    // The name in parentheses may hold anything, so count from its end.
    parents.set(Number(pid), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const belongs = (pid) => pid === root || (parents.has(pid) && pid > 1 && belongs(parents.get(pid)));
  const pss = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readOr(`/proc/${pid}/smaps_rollup`, ''))?.[1] ?? 0);
  const kibibytes = [...parents.keys()].filter(belongs).reduce((sum, pid) => sum + pss(pid), 0);
  return Math.round(kibibytes / 1024);
}

function readOr(file, fallback) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return fallback; // The process ended in between.
  }
}
