import type { Comparison, Told } from './compare';

const LABEL = 30;

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
const change = (value: number): string => (value > 0 ? `+${number(value)}` : number(value));

function line(label: string, a: string, b: string, difference = ''): string {
  return `${label.padEnd(LABEL)}${a.padStart(16)}${b.padStart(16)}${difference.padStart(16)}`.trimEnd();
}

function waitLines(a: Told, b: Told): readonly string[] {
  return a.waits.map(({ kind, jobs, mean, p95 }, place) => {
    const other = b.waits[place];
    const label = `  ${kind} (${number(jobs)}), mean/p95`;
    const gain = change((other?.mean ?? 0) - mean);
    return line(
      label,
      `${number(mean)}/${number(p95)}`,
      `${number(other?.mean ?? 0)}/${number(other?.p95 ?? 0)}`,
      gain,
    );
  });
}

/** The comparison for people. */
export function tell({ jobs, a, b, difference, queues, bestOff, worstOff }: Comparison): string {
  const words = [
    `What if (simulated): ${number(jobs)} jobs`,
    '',
    line('', 'a', 'b', 'b - a'),
    line('policy', a.policy, b.policy),
    line('nodes/GPUs', `${a.nodes}/${a.gpus}`, `${b.nodes}/${b.gpus}`),
    line('GPUs given, %', number(a.utilization), number(b.utilization), change(difference.utilization)),
    line(
      'GPUs at useful work, %',
      number(a.usefulUtilization),
      number(b.usefulUtilization),
      change(difference.usefulUtilization),
    ),
    line('wait, mean s', number(a.wait.mean), number(b.wait.mean), change(difference.meanWait)),
    line('wait, p95 s', number(a.wait.p95), number(b.wait.p95), change(difference.p95Wait)),
    ...waitLines(a, b),
    line('preemptions', number(a.preemptions), number(b.preemptions), change(difference.preemptions)),
    line('GPU-hours done twice', number(a.lostGpuHours), number(b.lostGpuHours)),
    line('never ran', number(a.neverRan), number(b.neverRan)),
    line('cost of used GPUs, USD', a.costUsd, b.costUsd, difference.costUsd),
    line('all done after, s', number(a.makespanSeconds), number(b.makespanSeconds), change(difference.makespanSeconds)),
    '',
    'Who is better or worse off under b, by when jobs end:',
    ...queues.map(
      ({ queue, jobs: all, better, worse, meanGain }) =>
        `  ${queue}: ${number(better)} of ${number(all)} earlier, ${number(worse)} later, ${change(meanGain)} s earlier on average`,
    ),
    ...(bestOff.length > 0
      ? ['Most gained:', ...bestOff.map(({ jobId, queue, gain }) => `  ${jobId} (${queue}): ${number(gain)} s earlier`)]
      : []),
    ...(worstOff.length > 0
      ? ['Most lost:', ...worstOff.map(({ jobId, queue, gain }) => `  ${jobId} (${queue}): ${number(-gain)} s later`)]
      : []),
    '',
    `digest a ${a.digest}`,
    `digest b ${b.digest}`,
  ];
  return words.join('\n');
}
