import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { TaskFolder } from './task-folder';

/** Exit code of a shim that found the task begun by another one. */
export const BEGUN_BY_ANOTHER = 75;

/**
 * A few lines of shell that outlive the agent. `pid` is created only if it does not exist (noclobber is O_EXCL), so that
 * of any number of shims one begins the task. It waits for the command, whatever signals the group gets, and writes the
 * exit code down. Its own stderr is not the command's: shells say `Killed` there. Arguments: the task's folder, the cgroup's file (or nothing), the command.
 */
const SHIM = `
dir=$1 join=$2
shift 2
read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id || boot=unknown
read -r stat 2>/dev/null </proc/$$/stat || stat=
set -C
printf '%s\\n' "$$ $boot $stat" 2>/dev/null >"$dir/pid" || exit ${BEGUN_BY_ANOTHER}
set +C
[ -z "$join" ] || printf '%s\\n' "$$" 2>/dev/null >"$join"
trap : TERM INT HUP QUIT
exec 3>&2 2>/dev/null
(exec "$@" 2>&3 3>&-)
code=$?
printf '%s\\n' "$code" >"$dir/exit"
`;

export interface TaskCommand {
  readonly command: readonly string[];
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  /** See `Limits`. */
  readonly join: string;
  readonly prefix: readonly string[];
}

/** Starts the shim as the leader of a session and process group of its own; its output goes to files. */
export function startShim(folder: TaskFolder, { command, workdir, env, join, prefix }: TaskCommand): ChildProcess {
  const out = openSync(folder.output('stdout'), 'a', 0o600);
  const err = openSync(folder.output('stderr'), 'a', 0o600);
  try {
    const words = ['-c', SHIM, 'solyx-task', folder.path, join, ...prefix, ...command];
    return spawn('/bin/sh', words, { cwd: workdir, env, detached: true, stdio: ['ignore', out, err] });
  } finally {
    closeSync(out);
    closeSync(err);
  }
}
