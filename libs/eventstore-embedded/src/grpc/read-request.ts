import { ReadReq } from '@eventstore/db-client/generated/streams_pb';
import { TOMBSTONE_REVISION } from '../engine/events';
import { compileFilter, type Filter } from '../engine/filters';
import type { Direction } from '../storage/storage';
import { invalidArgument } from './errors';
import type { UuidForm } from './read-codec';

/** A number is a revision or a position. */
export type From = 'start' | 'end' | number;

export interface ReadRequest {
  /** Undefined: the whole log. */
  readonly stream: string | undefined;
  readonly from: From;
  readonly direction: Direction;
  readonly resolveLinks: boolean;
  /** Undefined: for ever, as a subscription. */
  readonly limit: number | undefined;
  readonly filter: Filter | undefined;
  readonly uuidForm: UuidForm;
}

type Options = ReadReq.Options;
type FilterOptions = ReadReq.Options.FilterOptions;

/** Of the server: events considered per page of a filtered read, when the client does not say. */
const DEFAULT_WINDOW = 32;

/** Anything beyond the exact integers is beyond the log. */
const clamp = (text: string): number => Math.min(Number(text), TOMBSTONE_REVISION - 1);

function fromOf(options: Options): From {
  const stream = options.getStream();
  if (stream) {
    if (stream.hasEnd()) return 'end';
    return stream.hasRevision() ? clamp(stream.getRevision()) : 'start';
  }
  const all = options.getAll();
  if (all?.hasEnd()) return 'end';
  const position = all?.getPosition();
  return position ? clamp(position.getCommitPosition()) : 'start';
}

function filterOf(filter: FilterOptions): Filter {
  const expression = filter.getStreamIdentifier() ?? filter.getEventType();
  const window = filter.hasMax() ? Math.max(1, filter.getMax()) : DEFAULT_WINDOW;
  const rule = {
    on: filter.hasStreamIdentifier() ? 'stream' : 'type',
    regex: expression?.getRegex() ?? '',
    prefixes: expression?.getPrefixList() ?? [],
    checkpointEvery: window * Math.max(1, filter.getCheckpointintervalmultiplier()),
  } as const;
  if (rule.regex === '' && rule.prefixes.length === 0) throw invalidArgument('a filter needs a prefix or a regex');
  try {
    return compileFilter(rule);
  } catch (error) {
    throw invalidArgument(`the filter cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function streamOf(options: Options): string | undefined {
  const stream = options.getStream();
  if (!stream) {
    if (!options.hasAll()) throw invalidArgument('a read names a stream or $all');
    return undefined;
  }
  const name = Buffer.from(stream.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8');
  if (name === '' || name.includes('\0')) throw invalidArgument('a read needs the name of a stream');
  return name;
}

/** What a request asks for, or an INVALID_ARGUMENT that says what is wrong with it. */
export function readRequestOf(request: ReadReq): ReadRequest {
  const options = request.getOptions();
  if (!options) throw invalidArgument('a read needs options');
  const stream = streamOf(options);
  const filter = options.getFilter();
  if (filter && stream !== undefined) throw invalidArgument('only $all can be filtered');
  const subscription = options.hasSubscription();
  if (!subscription && !options.hasCount()) throw invalidArgument('a read needs a count or a subscription');
  return {
    stream,
    from: fromOf(options),
    direction:
      !subscription && options.getReadDirection() === ReadReq.Options.ReadDirection.BACKWARDS
        ? 'backwards'
        : 'forwards',
    resolveLinks: options.getResolveLinks(),
    limit: subscription ? undefined : clamp(options.getCount()),
    filter: filter && filterOf(filter),
    uuidForm: options.getUuidOption()?.hasStructured() ? 'structured' : 'string',
  };
}
