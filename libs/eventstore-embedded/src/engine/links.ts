import { LINK_TYPE, type RecordedEvent } from './events';

export interface LinkTarget {
  readonly stream: string;
  readonly revision: number;
}

/** Where a link record points: its data is `revision@stream`. Undefined for anything else. */
export function linkTarget(event: Pick<RecordedEvent, 'type' | 'data'>): LinkTarget | undefined {
  if (event.type !== LINK_TYPE) return undefined;
  const match = /^(\d{1,15})@(.+)$/s.exec(event.data.toString('utf8'));
  const [, revision, stream] = match ?? [];
  return revision !== undefined && stream !== undefined ? { stream, revision: Number(revision) } : undefined;
}
