import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SolyxError } from '@solyx/kernel';
import { readTextNow } from './files';
import { bootId, isAlive, statOf } from './processes';

const TRIES = 3;

/** One agent for one state folder. A lock of a process that is gone is no lock. */
export class Lock {
  private constructor(private readonly file: string) {}

  /** Throws FailedPrecondition that names the other agent. */
  static take(stateDir: string): Lock {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const file = path.join(stateDir, 'agent.lock');
    const mine = `${file}.${process.pid}`;
    writeFileSync(mine, `${process.pid} ${statOf(process.pid)?.startTicks ?? ''} ${bootId()}\n`, { mode: 0o600 });
    try {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        // A link is made by one alone, and its content is whole from the first moment.
        if (link(mine, file)) return new Lock(file);
        const holder = holderOf(file);
        if (holder) throw inUse(stateDir, holder);
        rmSync(file, { force: true });
      }
      throw inUse(stateDir, 0);
    } finally {
      rmSync(mine, { force: true });
    }
  }

  release(): void {
    rmSync(this.file, { force: true });
  }
}

const inUse = (stateDir: string, pid: number): SolyxError =>
  new SolyxError(
    'FailedPrecondition',
    `another agent (process ${pid}) uses ${stateDir}`,
    { pid },
    {
      hint: 'Stop it first, or give this one a folder of its own: `--data <folder>`.',
    },
  );

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Number of the living process that holds it; undefined where it died. */
function holderOf(file: string): number | undefined {
  const [pid = '', startTicks = '', boot = ''] = (readTextNow(file) ?? '').trim().split(' ');
  if (pid === '' || Number(pid) === process.pid) return undefined;
  return isAlive({ pid: Number(pid), startTicks, bootId: boot }) ? Number(pid) : undefined;
}
