import { isDeleted, type Expected, type KnownWrite, type StreamHead, type Verdict } from './types';

/** What the table needs to know beyond the head; asked only where a row needs it. */
export interface Lookups {
  /** Recent writes by id, for `any` and `stream_exists`. */
  recent(id: string): KnownWrite | undefined;
  /** The ids stored at revisions from..from+count−1, exactly, however old. */
  stored(
    from: number,
    count: number,
  ): readonly { readonly id: string; readonly revision: number; readonly position: number }[];
}

const wrong = (head: StreamHead): Verdict => ({ kind: 'wrong-version', current: head.revision });

/** Does the check need the ids stored at a past revision? Then they are loaded before `judge` is asked. */
export function idsNeeded(
  expected: Expected,
  head: StreamHead,
  count: number,
): { from: number; count: number } | undefined {
  if (expected === 'any' || expected === 'stream_exists' || head.tombstoned) return undefined;
  const last = expected === 'no_stream' ? -1 : expected;
  return last < head.revision && count > 0 ? { from: last + 1, count } : undefined;
}

/** The consistency table, top down: append, repeat of an earlier append, or not what was expected. */
export function judge(
  stream: string,
  expected: Expected,
  ids: readonly string[],
  head: StreamHead,
  lookups: Lookups,
): Verdict {
  if (head.tombstoned) return { kind: 'deleted', stream };
  if (expected === 'any' || expected === 'stream_exists') return judgeLoose(expected, ids, head, lookups);
  const last = expected === 'no_stream' ? -1 : expected;
  if (last === head.revision) return { kind: 'append' };
  if (last > head.revision) return wrong(head);
  return judgePast(expected, ids, head, lookups.stored(last + 1, ids.length));
}

function judgeLoose(expected: Expected, ids: readonly string[], head: StreamHead, lookups: Lookups): Verdict {
  const exists = head.revision >= 0 ? !isDeleted(head) : head.metadata !== undefined;
  if (expected === 'stream_exists' && !exists) return wrong(head);
  const [first] = ids;
  if (first === undefined || !lookups.recent(first)) return { kind: 'append' };
  const known = ids.map((id) => lookups.recent(id));
  const last = known[known.length - 1];
  return last && known.every((write) => write !== undefined) ? { kind: 'idempotent', ...last } : wrong(head);
}

function judgePast(
  expected: Expected,
  ids: readonly string[],
  head: StreamHead,
  stored: readonly { readonly id: string; readonly revision: number; readonly position: number }[],
): Verdict {
  if (ids.length === 0) return wrong(head);
  const same = ids.filter((id, index) => stored[index]?.id === id).length;
  const last = stored[ids.length - 1];
  if (same === ids.length && last) return { kind: 'idempotent', revision: last.revision, position: last.position };
  const firstDiffers = stored[0]?.id !== ids[0];
  if (expected === 'no_stream' && isDeleted(head) && firstDiffers) return { kind: 'append' };
  return wrong(head);
}
