import type { CliContext } from '../cli-context';
import { WHY, WHY_ROUTE } from '../documents';
import { CliError } from '../errors';
import { bold, green, labelled, money, printJson, suggest, table, type Output } from '../output';
import type { Explanation } from '../types';

/** `why JOB`: the sentence, what it waits for or why it runs there, and the path of causes. `why route FROM TO` too. */
export async function why(
  context: CliContext,
  _flags: object,
  subject: string,
  sites: readonly string[] = [],
): Promise<void> {
  if (subject === 'route') return whyRoute(context, sites);
  const { output } = context;
  const { why: explanation } = await context.client.request<{ why: Explanation }>(WHY, { id: subject, at: context.at });
  if (output.json) {
    printJson(output, explanation);
    return;
  }
  output.out(`${bold(output, explanation.phase ?? '')} ${explanation.sentence}`.trim());
  for (const part of [waitingTable(output, explanation), candidateTable(output, explanation)]) {
    if (part !== undefined) output.out(`\n${part}`);
  }
  for (const transfer of explanation.transfers) {
    output.out(
      `data ${transfer.uri}: ${transfer.sizeGiB} GiB by ${transfer.path.join(' → ')}, ${money(transfer.priceMicroUsd)}`,
    );
  }
  output.out(`\n${pathTable(output, explanation)}`);
  const last = explanation.path[0];
  suggest(output, `solyx at ${last?.position ?? '-1m'} ps`, 'to see everything as it was then');
}

function waitingTable(output: Output, explanation: Explanation): string | undefined {
  if (explanation.waiting.length === 0) return undefined;
  return table(
    output,
    [
      { title: 'NODES', value: (row) => row.count, align: 'right' },
      { title: 'REASON', value: (row) => row.reason },
      { title: 'WHAT TO DO', value: (row) => row.hint },
    ],
    explanation.waiting,
  );
}

function candidateTable(output: Output, explanation: Explanation): string | undefined {
  if (explanation.candidates.length === 0) return undefined;
  return table(
    output,
    [
      { title: 'NODE', value: (row) => row.nodeId },
      { title: 'SOURCE', value: (row) => labelled(row.source, row.simulated) },
      { title: 'SCORE', value: (row) => row.score, align: 'right' },
      { title: 'PRICE/H', value: (row) => money(row.priceMicroUsdPerHour), align: 'right' },
      {
        title: 'VERDICT',
        value: (row) => row.verdict,
        paint: (text) => (text.startsWith('chosen') ? green(output, text) : text),
      },
      {
        title: 'TERMS',
        value: (row) => row.reason ?? row.terms.map(({ term, value }) => `${term} ${value}`).join(', '),
      },
    ],
    explanation.candidates,
  );
}

function pathTable(output: Output, explanation: Explanation): string {
  return table(
    output,
    [
      { title: 'POSITION', value: (step) => step.position, align: 'right' },
      { title: 'AT', value: (step) => step.at.slice(11, 23) },
      { title: 'EVENT', value: (step) => step.type },
      { title: 'WHAT', value: (step) => step.summary },
    ],
    explanation.path,
  );
}

async function whyRoute(context: CliContext, sites: readonly string[]): Promise<void> {
  const [from, to] = sites;
  if (from === undefined || to === undefined)
    throw new CliError('Usage', 'why route needs two sites', 'Write `solyx why route s3-eu home`.');
  const { output } = context;
  const { whyRoute: route } = await context.client.request<{
    whyRoute: {
      sentence: string;
      path: string[];
      latencyUs: number;
      bandwidthMbps: number;
      egressMicroUsdPerGiB: string;
      alternatives: { path: string[]; latencyUs: number; bandwidthMbps: number; egressMicroUsdPerGiB: string }[];
    };
  }>(WHY_ROUTE, { from, to, at: context.at });
  if (output.json) {
    printJson(output, route);
    return;
  }
  output.out(route.sentence);
  const rows = [
    { ...route, verdict: 'taken' },
    ...route.alternatives.map((path) => ({ ...path, verdict: 'not taken' })),
  ];
  output.out(
    table(
      output,
      [
        { title: 'PATH', value: (row) => row.path.join(' → ') },
        { title: 'LATENCY', value: (row) => `${(row.latencyUs / 1000).toFixed(1)} ms`, align: 'right' },
        { title: 'WIDTH', value: (row) => `${(row.bandwidthMbps / 1000).toFixed(1)} Gbit/s`, align: 'right' },
        { title: 'EGRESS/GiB', value: (row) => money(row.egressMicroUsdPerGiB), align: 'right' },
        { title: '', value: (row) => row.verdict },
      ],
      rows,
    ),
  );
  suggest(output, 'solyx fleet', 'to see which nodes are at which site');
}
