import type { RecordedEvent } from './events';

export interface FilterRule {
  readonly on: 'stream' | 'type';
  readonly regex: string;
  readonly prefixes: readonly string[];
  /** Events considered between two checkpoints. */
  readonly checkpointEvery: number;
}

export interface Filter {
  matches(event: Pick<RecordedEvent, 'stream' | 'type'>): boolean;
  readonly checkpointEvery: number;
}

/** Longer expressions are refused: matching runs on the one thread that serves everybody. */
const REGEX_LENGTH_MAX = 1024;

/**
 * Compiles a filter. A regular expression wins over prefixes, as on the server. Throws a SyntaxError that names the
 * expression when it is none.
 */
export function compileFilter({ on, regex, prefixes, checkpointEvery }: FilterRule): Filter {
  const test = regex === '' ? byPrefix(prefixes) : byRegex(regex);
  const matches: Filter['matches'] = on === 'stream' ? ({ stream }) => test(stream) : ({ type }) => test(type);
  return { matches, checkpointEvery };
}

const byPrefix =
  (prefixes: readonly string[]) =>
  (text: string): boolean =>
    prefixes.some((prefix) => text.startsWith(prefix));

function byRegex(source: string): (text: string) => boolean {
  if (source.length > REGEX_LENGTH_MAX) {
    throw new SyntaxError(`a filter expression is at most ${REGEX_LENGTH_MAX} characters long`);
  }
  const expression = new RegExp(source);
  return (text) => expression.test(text);
}
