import { Injectable } from '@nestjs/common';
import { SolyxError, type Recorded } from '@solyx/kernel';
import { CONTEXTS, EventLog } from '@solyx/eventing';
import { EventVisibility } from './event-visibility';
import { toEventView, type EventView } from './event-view';
import { Gate } from './gate';
import type { Operation } from './operation';
import { pageSize, type Connection } from './paging';

/** Events that one page looks at; past it, the page says where to go on. */
const SCANNED_MAX = 5_000;
const TYPES_MAX = 16;
const STREAM = /^[a-z][a-zA-Z]*\.[a-z][a-zA-Z]*-[^\s]{1,512}$/;

export interface EventsArguments {
  readonly first: number;
  readonly after?: string | null;
  readonly before?: string | null;
  /** Prefixes of types. */
  readonly types?: readonly string[] | null;
  readonly stream?: string | null;
  readonly newestFirst?: boolean | null;
}

export const ALL_PREFIXES: readonly string[] = CONTEXTS.map((context) => `${context}.`);

/** Stream prefixes that hold every type with one of these prefixes: `cmo.job.q` lies in streams `cmo.job…`. */
export function streamPrefixes(types: readonly string[] | null | undefined): readonly string[] {
  if (!types || types.length === 0) return ALL_PREFIXES;
  if (types.length > TYPES_MAX || types.some((type) => !/^[a-zA-Z.-]{1,128}$/.test(type))) {
    throw new SolyxError(
      'InvalidArgument',
      `types are at most ${TYPES_MAX} prefixes such as "cmo.job."`,
      {},
      {
        reason: 'InvalidTypes',
        hint: 'Write types: ["cmo.job.", "billing."].',
      },
    );
  }
  const wanted = types.flatMap((type) => {
    const [context = '', aggregate, fact] = type.split('.');
    const known = ALL_PREFIXES.filter(
      (prefix) => prefix.startsWith(`${context}.`) || (aggregate === undefined && prefix.startsWith(context)),
    );
    return known.map((prefix) => (fact === undefined ? `${prefix}${aggregate ?? ''}` : `${prefix}${aggregate ?? ''}-`));
  });
  if (wanted.length > 0) return [...new Set(wanted)];
  throw new SolyxError(
    'InvalidArgument',
    `no event type begins with ${types.join(' or ')}`,
    {},
    {
      reason: 'InvalidTypes',
      hint: `Types begin with ${ALL_PREFIXES.join(', ')}.`,
    },
  );
}

export const hasType =
  (types: readonly string[] | null | undefined) =>
  (event: Recorded): boolean =>
    !types || types.length === 0 || types.some((type) => event.type.startsWith(type));

export function parsePosition(text: string | null | undefined, name: string): bigint | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  if (/^-?\d{1,19}$/.test(text)) return BigInt(text);
  throw new SolyxError(
    'InvalidArgument',
    `${name} is not a position`,
    {},
    {
      reason: 'InvalidPosition',
      hint: 'Write a position that an event or an answer carried, as text.',
    },
  );
}

/** The log itself, as far as the caller may see it. */
@Injectable()
export class EventsQuery {
  constructor(
    private readonly log: EventLog,
    private readonly gate: Gate,
    private readonly visibility: EventVisibility,
  ) {}

  async events(operation: Operation, input: EventsArguments): Promise<Connection<EventView>> {
    await this.gate.allow(operation, 'events:read');
    const first = pageSize(input.first);
    const page: Recorded[] = [];
    let scanned = 0;
    let last: bigint | undefined;
    let hasNextPage = false;
    for await (const event of this.candidates(input)) {
      scanned += 1;
      if (hasType(input.types)(event) && (await this.visibility.sees(operation, event))) {
        if (page.length === first) {
          hasNextPage = true;
          break;
        }
        page.push(event);
      }
      last = event.position;
      if (scanned < SCANNED_MAX) continue;
      hasNextPage = true;
      break;
    }
    const edges = page.map((event) => ({ cursor: String(event.position), node: toEventView(event) }));
    return { edges, pageInfo: { hasNextPage, endCursor: last === undefined ? null : String(last) } };
  }

  /** Events within the bounds, in the order asked for. The bounds are exclusive. */
  private async *candidates(input: EventsArguments): AsyncGenerator<Recorded> {
    const after = parsePosition(input.after, 'after');
    const before = parsePosition(input.before, 'before');
    const backwards = input.newestFirst === true;
    const within = ({ position }: Recorded): boolean =>
      (after === undefined || position > after) && (before === undefined || position < before);
    const direction = backwards ? ('backwards' as const) : ('forwards' as const);
    const source =
      typeof input.stream === 'string' && input.stream !== ''
        ? this.log.readStream(streamName(input.stream), { direction })
        : this.log.readAll({ direction, prefixes: streamPrefixes(input.types), ...start(backwards, after, before) });
    for await (const event of source) {
      if (within(event)) yield event;
      else if (
        backwards ? after !== undefined && event.position <= after : before !== undefined && event.position >= before
      )
        return;
    }
  }
}

/** Where reading begins: after the lower bound, or backwards from the upper one. */
const start = (
  backwards: boolean,
  after: bigint | undefined,
  before: bigint | undefined,
): { readonly after?: bigint } => {
  const from = backwards ? before : after;
  return from === undefined ? {} : { after: from };
};

function streamName(stream: string): string {
  if (STREAM.test(stream) && ALL_PREFIXES.some((prefix) => stream.startsWith(prefix))) return stream;
  throw new SolyxError(
    'InvalidArgument',
    'there is no such stream',
    {},
    {
      reason: 'InvalidStream',
      hint: 'Write the name of a stream such as "cmo.job-job_…".',
    },
  );
}
