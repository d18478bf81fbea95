import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { EventStoreLog, type EventLog } from '@solyx/eventing';
import { POLICIES, policyNamed, type ReplayPolicy } from '../replay/policies';
import type { ReplayJob, ReplayNode } from '../replay/work';
import { compare, type Comparison } from './compare';
import { readJournal } from './journal';
import { InputError } from './lines';
import { priced, readFleet, readPrices, readTrace } from './tables';
import { tell } from './tell';

export const WHATIF_USAGE = `whatif --trace FILE --policy a[,b] [--fleet FILE] [--prices FILE] [--fleet-b FILE] [--prices-b FILE] [--json]

  Plays what came once more under policy a and under policy b, and prints the difference.

  --trace FILE     a journal as 'export' writes it (.jsonl, .jsonl.gz), or a table with the columns of Alibaba's openb (.csv, .csv.gz)
  --policy a,b     of ${POLICIES.map(({ name }) => name).join(', ')}; one name plays both sides, for other prices or another fleet
  --fleet FILE     the nodes: sn,cpu_milli,memory_mib,gpu,model[,usd_per_gpu_hour]; a journal brings its own
  --prices FILE    the price of a GPU-hour: gpu,usd_per_gpu_hour; the cheapest of each GPU counts
  --fleet-b, --prices-b   others for side b
  --json           for programs`;

export const EXPORT_USAGE = `export --store CONNECTION --out FILE [--partition main]

  Writes the journal of a partition from the event store to a file, an event per line, for 'whatif'.`;

export interface WhatIf {
  readonly trace: string;
  readonly policies: readonly [ReplayPolicy, ReplayPolicy];
  readonly fleet: string | undefined;
  readonly prices: string | undefined;
  readonly fleetB: string | undefined;
  readonly pricesB: string | undefined;
  readonly json: boolean;
}

const text = { type: 'string' } as const;

function needed(value: string | undefined, option: string): string {
  if (value === undefined || value === '') throw new InputError(`--${option} is needed.`);
  return value;
}

function policy(name: string): ReplayPolicy {
  const found = policyNamed(name.trim());
  if (!found)
    throw new InputError(`No policy is named ${name}: choose of ${POLICIES.map((one) => one.name).join(', ')}.`);
  return found;
}

/** Throws InputError or TypeError that says what is wrong. */
export function readWhatIf(words: readonly string[]): WhatIf {
  const files = { fleet: text, prices: text, 'fleet-b': text, 'prices-b': text } as const;
  const options = { trace: text, policy: text, ...files, json: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...words], options });
  const names = needed(values.policy, 'policy').split(',');
  if (names.length > 2) throw new InputError('--policy takes one name, or two with a comma between.');
  const [a, b] = [policy(names[0] ?? ''), policy(names[1] ?? names[0] ?? '')];
  return {
    trace: needed(values.trace, 'trace'),
    policies: [a, b],
    fleet: values.fleet,
    prices: values.prices,
    fleetB: values['fleet-b'],
    pricesB: values['prices-b'],
    json: values.json ?? false,
  };
}

interface Past {
  readonly jobs: readonly ReplayJob[];
  readonly nodes: readonly ReplayNode[];
}

async function pastOf(file: string): Promise<Past> {
  if (!existsSync(file)) throw new InputError(`${file} is not there: name a file that is.`);
  if (/\.csv(\.gz)?$/.test(file)) return { jobs: await readTrace(file), nodes: [] };
  return readJournal(file);
}

/** Reads all that is named, then plays: where any file is wrong, nothing is played. */
export async function whatIf(asked: WhatIf): Promise<Comparison> {
  const { jobs, nodes: own } = await pastOf(asked.trace);
  const side = async (fleet: string | undefined, prices: string | undefined): Promise<readonly ReplayNode[]> => {
    const nodes = fleet === undefined ? own : await readFleet(fleet);
    if (nodes.length === 0) throw new InputError(`${asked.trace} tells of no nodes: name some by --fleet.`);
    return prices === undefined ? nodes : priced(nodes, await readPrices(prices));
  };
  if (jobs.length === 0) throw new InputError(`${asked.trace} tells of no jobs: name a file that does.`);
  const a = await side(asked.fleet, asked.prices);
  const changes = asked.fleetB !== undefined || asked.pricesB !== undefined;
  const b = changes ? await side(asked.fleetB ?? asked.fleet, asked.pricesB ?? asked.prices) : a;
  return compare(jobs, { policy: asked.policies[0], nodes: a }, { policy: asked.policies[1], nodes: b });
}

export async function runWhatIf(words: readonly string[]): Promise<string> {
  const asked = readWhatIf(words);
  const found = await whatIf(asked);
  return asked.json ? JSON.stringify(found, null, 2) : tell(found);
}

/** Writes a partition's journal to a file, whole or not at all. Returns how many events. */
export async function exportJournal(log: EventLog, partition: string, file: string): Promise<number> {
  const part = `${file}.part`;
  const out = createWriteStream(part);
  let events = 0;
  try {
    for await (const { type, data, revision } of log.readStream(`drm.partition-${partition}`)) {
      events += 1;
      if (!out.write(`${JSON.stringify({ revision: Number(revision), type, data })}\n`)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'close');
    await rename(part, file);
  } catch (error) {
    out.destroy();
    await rm(part, { force: true });
    throw error;
  }
  return events;
}

export async function runExport(words: readonly string[]): Promise<string> {
  const { values } = parseArgs({ args: [...words], options: { store: text, out: text, partition: text } });
  const file = needed(values.out, 'out');
  const log = new EventStoreLog(needed(values.store, 'store'));
  try {
    return `${await exportJournal(log, values.partition ?? 'main', file)} events in ${file}`;
  } finally {
    await log.close();
  }
}
