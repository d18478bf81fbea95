/** One line of `/proc/<pid>/stat`, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export interface ProcessStat {
  readonly pid: number;
  readonly state: string;
  readonly group: number;
  /** Clock ticks since the machine started: with the pid, it names one process. */
  readonly startTicks: string;
  readonly residentPages: number;
}

/** The name in parentheses may hold spaces and parentheses, so fields are counted from the last one. */
export function parseStat(line: string): ProcessStat | undefined {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const pid = Number(line.slice(0, open).trim());
  const fields = line
    .slice(close + 1)
    .trim()
    .split(' ');
  const startTicks = fields[19];
  if (!Number.isInteger(pid) || startTicks === undefined) return undefined;
  return {
    pid,
    state: fields[0] ?? '',
    group: Number(fields[2]),
    startTicks,
    residentPages: Number(fields[21] ?? 0),
  };
}
