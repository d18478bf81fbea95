import { randomUUID } from 'node:crypto';
import { GatewayClient } from './client';
import { CliError, Refused } from './errors';
import { readProfile, type Profile } from './profile';
import { printJson, standardOutput, suggest, type Output } from './output';
import type { RefusalResult } from './types';

export interface At {
  readonly time?: string;
  readonly position?: string;
}

/** What every command is given: the gateway, the terminal, the instant asked about. */
export interface CliContext {
  readonly client: GatewayClient;
  readonly profile: Profile;
  readonly output: Output;
  readonly at: At | undefined;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Given with --idempotency-key, else new: a repeat of the same command is a new wish. */
  readonly key: string;
  now(): number;
}

export interface GlobalOptions {
  readonly json?: boolean;
  readonly at?: string;
  readonly idempotencyKey?: string;
}

/** "1234" is a position; "-1m", "14:02" today and ISO 8601 are times. */
export function parseAt(text: string, now: Date): At {
  if (/^\d{1,20}$/.test(text)) return { position: text };
  if (/^-\d+[smhd]$/.test(text)) return { time: text };
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (clock) {
    const at = new Date(now);
    at.setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
    return { time: at.toISOString() };
  }
  const millis = Date.parse(text);
  if (Number.isNaN(millis)) {
    throw new CliError(
      'Usage',
      `"${text}" is not an instant`,
      'Use a log position, -1m, 14:02, or 2026-01-31T14:02:00Z.',
    );
  }
  return { time: new Date(millis).toISOString() };
}

export function createContext(options: GlobalOptions, signal: AbortSignal, env: NodeJS.ProcessEnv): CliContext {
  const profile = readProfile(env, process.cwd());
  return {
    client: new GatewayClient(profile),
    profile,
    output: standardOutput(options.json === true, env),
    at: options.at === undefined ? undefined : parseAt(options.at, new Date()),
    signal,
    key: options.idempotencyKey ?? randomUUID(),
    now: () => Date.now(),
  };
}

/** The value of a result union, or the refusal thrown as what it is. */
export function accepted<T extends object>(result: T | RefusalResult): Exclude<T, RefusalResult> {
  if ((result as { readonly __typename?: string }).__typename === 'Refusal') throw new Refused(result as RefusalResult);
  return result as Exclude<T, RefusalResult>;
}

/** An answer that only says that it was done: said in words, or as JSON. */
export function acknowledged(
  { output }: CliContext,
  ack: { readonly id: string; readonly position: string },
  text: string,
  [next, why]: readonly [command: string, why: string],
): void {
  if (output.json) {
    printJson(output, ack);
    return;
  }
  output.out(text);
  suggest(output, next, why);
}

/** What can be asked about the past; everything else is about the present, or changes it. */
const OF_THE_PAST: ReadonlySet<string> = new Set([
  ...['ps', 'job', 'why', 'fleet', 'offers', 'bill', 'budget', 'budget show', 'optimizer', 'optimizer show'],
  ...['price', 'price list', 'price book show', 'quote list', 'usage', 'usage list', 'account', 'account show'],
  ...['wallet', 'wallet show', 'invoice', 'invoice list', 'invoice show', 'earnings', 'payout', 'payout list'],
  ...['campaign', 'campaign list', 'webhook', 'webhook list', 'margin', 'proof'],
  ...['events tail', 'queue', 'queue list', 'queue show', 'reservations', 'scheduler'],
]);

/** Refuses `at` where it would be passed over in silence. */
export function refusePast(at: string | undefined, command: string): void {
  if (at === undefined || OF_THE_PAST.has(command)) return;
  throw new CliError(
    'Usage',
    `\`${command}\` is about the present, not the past`,
    `Run \`solyx ${command}\` without \`at\`.`,
  );
}
