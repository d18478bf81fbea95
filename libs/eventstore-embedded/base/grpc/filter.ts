import type { StoredEvent } from '../engine/types';
import { invalid } from './status';
import type { ReadFilter } from './wire';

const REGEX_LENGTH_MAX = 1_000;

/** Which records of `$all` a reader wants. Streams that a real server hides from `$all` are hidden here too. */
export function compileFilter(filter: ReadFilter | undefined): (event: StoredEvent) => boolean {
  if (!filter) return isShown;
  const subject = filter.on === 'stream' ? (event: StoredEvent) => event.stream : (event: StoredEvent) => event.type;
  if (filter.regex === undefined) {
    const { prefixes } = filter;
    return (event) => isShown(event) && prefixes.some((prefix) => subject(event).startsWith(prefix));
  }
  const regex = compile(filter.regex);
  return (event) => isShown(event) && regex.test(subject(event));
}

function compile(source: string): RegExp {
  if (source.length > REGEX_LENGTH_MAX)
    throw invalid(`a filter's expression has at most ${REGEX_LENGTH_MAX} characters`);
  try {
    return new RegExp(source);
  } catch {
    throw invalid(`'${source}' is not a regular expression`);
  }
}

const HIDDEN = /^\$persistentsubscription-\$all::.*-(checkpoint|parked)$/;
const isShown = ({ stream }: StoredEvent): boolean =>
  stream.charCodeAt(0) !== 36 || (stream !== '$epoch-information' && !HIDDEN.test(stream));
