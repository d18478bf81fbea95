import type { ReservationSpec } from '@solyx/contracts';
import { FieldReader, isRecord, type Fault } from './field-reader';
import { readPlacement, readResources } from './job-spec';
import { parseNodes, parseSeconds, parseWhen, show } from './units';

/** What is wanted; `start` is absent where it shall begin at once. */
export type ReservationWish = Omit<ReservationSpec, 'reservationId' | 'organizationId' | 'startsAt' | 'endsAt'> & {
  readonly start?: string;
  readonly end?: string;
  readonly durationSeconds?: number;
};

export type ReservationFileResult =
  { readonly ok: true; readonly wish: ReservationWish } | { readonly ok: false; readonly faults: readonly Fault[] };

const FIELDS = { known: ['name', 'queue', 'resources', 'nodes', 'placement', 'start', 'end', 'duration'] } as const;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A reservation as JSON, normalised. With one fault there is none. Never throws, whatever the input. */
export function parseReservationFile(input: unknown): ReservationFileResult {
  const reader = new FieldReader();
  if (!isRecord(input)) {
    reader.fault(
      '',
      `the reservation is ${show(input)}`,
      'Send an object: { "resources": { "gpu": 8 }, "duration": "2h" }.',
    );
    return { ok: false, faults: reader.faults };
  }
  const file = reader.section(input, '', FIELDS);
  const queue = file.pattern('queue', LABEL, 'Name a queue: `solyx queue list` shows them.');
  const resources = readResources(reader, input);
  const { nodes, nodesMin } = file.unit('nodes', parseNodes) ?? { nodes: 1 };
  if (nodesMin !== undefined) reader.fault('nodes', 'a reservation is not elastic', `Write ${nodes}.`);
  if (resources.gpus === 0 && resources.cpuMilli === 0) {
    reader.fault('resources', 'nothing is reserved', 'Write resources: { gpu: 8 }.');
  }
  const wish = {
    name: file.pattern('name', LABEL, 'Use lower-case letters, digits and dashes, at most 63.') ?? 'reservation',
    ...(queue === undefined ? {} : { queue }),
    ...{ resources, nodes, placement: readPlacement(reader, input) },
    ...readTimes(reader, file),
  };
  return reader.faults.length > 0 ? { ok: false, faults: reader.faults } : { ok: true, wish };
}

function readTimes(
  reader: FieldReader,
  file: ReturnType<FieldReader['section']>,
): Pick<ReservationWish, 'start' | 'end' | 'durationSeconds'> {
  const start = file.unit('start', parseWhen);
  const end = file.unit('end', parseWhen);
  const durationSeconds = file.unit('duration', parseSeconds);
  const hint = 'Write duration: 2h, or end: 2027-01-31T18:00Z.';
  const isWrong = reader.has('end') || reader.has('duration');
  if (end === undefined && durationSeconds === undefined && !isWrong) reader.fault('end', 'it is missing', hint);
  if (end !== undefined && durationSeconds !== undefined) {
    reader.fault('duration', 'end and duration say the same thing twice', 'Keep one of them.');
  }
  if (start !== undefined && end !== undefined && end <= start) {
    reader.fault('end', 'it is not after the start', 'Let it end after it starts.');
  }
  return {
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  };
}
