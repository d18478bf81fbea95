import type { CliContext } from '../cli-context';
import { EXPLAIN, WHY, WHY_ROUTE } from '../documents';
import { CliError } from '../errors';
import { bold, clockTime, green, labelled, money, printJson, suggest, table, type Output } from '../output';
import type { Explanation, Result } from '../types';
import type { Outlook } from '../types-scheduling';

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
  const outlook = await outlookOf(context, explanation);
  if (output.json) {
    printJson(output, { ...explanation, outlook: outlook ?? null });
    return;
  }
  tellWhy(context, explanation, outlook);
  for (const transfer of explanation.transfers) {
    output.out(
      `data ${transfer.uri}: ${transfer.sizeGiB} GiB by ${transfer.path.join(' → ')}, ${money(transfer.priceMicroUsd)}`,
    );
  }
  output.out(`\n${pathTable(output, explanation)}`);
  const last = explanation.path[0];
  suggest(output, `solyx at ${last?.position ?? '-1m'} ps`, 'to see everything as it was then');
}

function tellWhy(context: CliContext, explanation: Explanation, outlook: Outlook | undefined): void {
  const { output } = context;
  output.out(`${bold(output, explanation.phase ?? '')} ${outlook?.sentence ?? explanation.sentence}`.trim());
  const waiting = outlook?.waiting ?? explanation.waiting;
  const parts = [waitingTable(output, waiting), blockerTable(context, outlook), candidateTable(output, explanation)];
  for (const part of parts) if (part !== undefined) output.out(`\n${part}`);
  for (const way of outlook?.waysIn ?? []) output.out(`${green(output, 'would let it in:')} ${way.sentence}`);
}

/** What the scheduler works out now for a job that waits; nothing where it runs, is asked of the past, or is not answered. */
async function outlookOf(context: CliContext, { subject, phase }: Explanation): Promise<Outlook | undefined> {
  if (context.at !== undefined || (phase !== 'Queued' && phase !== 'Evicted')) return undefined;
  const { explain } = await context.client.request<{ explain: Result<Outlook> }>(EXPLAIN, {
    job: subject,
    key: context.key,
  });
  if (explain.__typename !== 'Outlook') return undefined;
  const outlook = explain as Outlook;
  return outlook.phase === 'Waiting' ? outlook : undefined;
}

function blockerTable(context: CliContext, outlook: Outlook | undefined): string | undefined {
  if (outlook === undefined || outlook.blockers.length === 0) return undefined;
  const time = (iso: string | null): string => (iso === null ? '–' : clockTime(iso, context.now()));
  return table(
    context.output,
    [
      { title: 'BEFORE IT', value: (row) => row.name },
      { title: 'JOB', value: (row) => row.jobId },
      { title: 'IS', value: (row) => row.position },
      { title: 'ENDS ABOUT (UTC)', value: (row) => time(row.likelyEndAt) },
      { title: 'AT THE LATEST', value: (row) => time(row.latestEndAt) },
    ],
    outlook.blockers,
  );
}

function waitingTable(output: Output, waiting: Outlook['waiting']): string | undefined {
  if (waiting.length === 0) return undefined;
  return table(
    output,
    [
      { title: 'COUNT', value: (row) => row.count, align: 'right' },
      { title: 'REASON', value: (row) => row.reason },
      { title: 'WHAT TO DO', value: (row) => row.hint.replace(/; `solyx why <job>` .*$/, '.') },
    ],
    waiting,
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
