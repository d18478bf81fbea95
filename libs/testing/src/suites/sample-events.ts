import { randomUUID } from 'node:crypto';
import type { EventMetadata } from '@solyx/kernel';
import { JobRunning } from '@solyx/contracts/cmo';
import type { EventLog, NewEvent } from '@solyx/eventing';

export const sampleMetadata: EventMetadata = {
  version: 1,
  organizationId: 'acme',
  actor: { kind: 'key', id: 'key_1', roles: ['owner'] },
  $correlationId: 'req_1',
  $causationId: 'event_1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

/** A valid event; `attempt` tells several apart. */
export const sampleEvent = (attempt = 1, id: string = randomUUID()): NewEvent => ({
  ...JobRunning({ jobId: 'job_1', attempt, at: '2026-01-01T00:00:00.000Z' }),
  id,
  metadata: sampleMetadata,
});

export const sampleEvents = (count: number): readonly NewEvent[] =>
  Array.from({ length: count }, (_, i) => sampleEvent(i + 1));

/** An event as no version of Solyx writes it. */
export const invalidEvent = (): NewEvent => ({ ...sampleEvent(), data: { jobId: 'job_1', attempt: 0, at: 'today' } });

export const sampleStream = (context = 'cmo'): string => `${context}.job-${randomUUID()}`;

export async function readBack(log: EventLog, stream: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { id } of log.readStream(stream)) ids.push(id);
  return ids;
}

export async function gather<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
