import { accept, anchor, PersistentMap, refuse, type Command, type Decider, type SnapshotCodec } from '@solyx/kernel';
import { METER_UNITS, USAGE_FACTS_MAX, type UsageFact } from '@solyx/contracts';
import { UsageRecorded } from '@solyx/contracts/billing';
import { chargeGroupOf } from './account-usage';
import { dayOf } from './account-state';

/** Facts of one meter and day; who measures more names more meters. */
export const FACTS_PER_DAY_MAX = 200_000;
/** More than any meter counts in a fact, and few enough that every amount can be written down. */
const QUANTITY_MAX = 10n ** 21n;
/** Bytes of facts in one event; the event itself may have 64 KiB. */
const FACT_BYTES_MAX = 48 * 1_024;
/** Things that one event is about, so that it is never more charges than one decision may make. */
const GROUPS_MAX = 48;

export type RecordUsage = Omit<UsageRecorded['data'], 'day'>;

export type MeterCommand =
  | Command<'RecordUsage', RecordUsage>
  /** Says of what cannot be recorded why: always refused. */
  | Command<'RefuseUsage', RecordUsage & { readonly reason: MeterRefusal; readonly fault?: string }>;
export type MeterEvent = UsageRecorded;
export type MeterRefusal = 'UsageConflict' | 'UsageInvalid' | 'UsageTooOld' | 'NoPrice' | 'MeterDayFull';

/** The ids that are taken, and what each stands for. */
export interface Meter {
  readonly facts: PersistentMap<string>;
}

const HASH_LENGTH = 24;

const contents = new WeakMap<UsageFact, string>();

/** The content of a fact; worked out once for each object that holds it, which is asked for when sorted and when folded. */
export function contentOf(fact: UsageFact): string {
  const known = contents.get(fact);
  if (known !== undefined) return known;
  const content = anchor(fact).slice(0, HASH_LENGTH);
  contents.set(fact, content);
  return content;
}

/** One stream for each organization, meter and UTC day: what is in it is bounded, and remembered for ever. */
export const meterIdOf = (organizationId: string, meterId: string, from: string): string =>
  `${organizationId}.${meterId}.${dayOf(from)}`;

export const meterStreamOf = (id: string): string => `${meterDecider.name}-${id}`;

/** Facts that are taken with another content, in this batch or before. */
export function conflictsOf({ facts: known }: Meter, facts: readonly UsageFact[]): readonly UsageFact[] {
  const taken = new Map<string, string>();
  return facts.filter((fact) => {
    const content = contentOf(fact);
    const before = known.get(fact.usageId) ?? taken.get(fact.usageId);
    if (before === undefined) taken.set(fact.usageId, content);
    return before !== undefined && before !== content;
  });
}

/** What is wrong with a fact beyond its shape, in words; undefined where nothing is. */
export function faultOfFact({ meter, unit, quantity, from, to }: UsageFact): string | undefined {
  if (unit !== METER_UNITS[meter].unit) return `${meter} is counted in ${METER_UNITS[meter].unit}, not ${unit}`;
  if (BigInt(quantity) > QUANTITY_MAX) return 'more than anyone can use';
  return to < from ? 'it ends before it begins' : undefined;
}

/** Each fact once, those that are not recorded yet and do not contradict what is. */
function freshOf({ facts: known }: Meter, facts: readonly UsageFact[]): readonly UsageFact[] {
  const fresh = new Map<string, UsageFact>();
  for (const fact of facts) {
    if (!known.has(fact.usageId) && !fresh.has(fact.usageId)) fresh.set(fact.usageId, fact);
  }
  return [...fresh.values()];
}

/** Facts in parts that fit an event each. */
function partsOf(facts: readonly UsageFact[]): readonly (readonly UsageFact[])[] {
  const parts: UsageFact[][] = [];
  let part: UsageFact[] = [];
  let bytes = 0;
  let groups = new Set<string>();
  for (const fact of facts) {
    const size = Buffer.byteLength(JSON.stringify(fact));
    const group = chargeGroupOf(fact);
    const isFull = part.length >= USAGE_FACTS_MAX || bytes + size > FACT_BYTES_MAX;
    if (part.length > 0 && (isFull || (groups.size >= GROUPS_MAX && !groups.has(group)))) {
      parts.push(part);
      part = [];
      bytes = 0;
      groups = new Set();
    }
    part.push(fact);
    bytes += size;
    groups.add(group);
  }
  return part.length > 0 ? [...parts, part] : parts;
}

function recordUsage(data: RecordUsage, meter: Meter) {
  const fresh = freshOf(meter, data.facts);
  if (meter.facts.size + fresh.length > FACTS_PER_DAY_MAX) {
    return refuse('MeterDayFull', { meterId: data.meterId, facts: meter.facts.size, most: FACTS_PER_DAY_MAX });
  }
  const [first] = fresh;
  if (!first) return accept<UsageRecorded>();
  const day = dayOf(first.from);
  const invalid = fresh.find((fact) => faultOfFact(fact) !== undefined || dayOf(fact.from) !== day);
  if (invalid) {
    return refuse('UsageInvalid', { usageId: invalid.usageId, fault: faultOfFact(invalid) ?? 'it is of another day' });
  }
  return accept(...partsOf(fresh).map((facts) => UsageRecorded({ ...data, day, facts })));
}

interface MeterJson {
  readonly facts: readonly (readonly [string, string])[];
}

const snapshot: SnapshotCodec<Meter> = {
  version: 1,
  every: 500,
  toJson: ({ facts }): MeterJson => ({ facts: [...facts.entries()] }),
  fromJson: (json) => ({ facts: PersistentMap.of((json as MeterJson).facts) }),
};

/**
 * One meter's facts of one UTC day. The append that stores a fact claims its id: there is no moment in which it is
 * claimed and not stored, or stored and not claimed. A repeat changes nothing; what contradicts is refused, never silent.
 */
export const meterDecider: Decider<MeterCommand, Meter, MeterEvent, MeterRefusal> = {
  name: 'billing.meter',
  initial: { facts: PersistentMap.empty() },
  snapshot,

  decide({ type, data }, meter) {
    if (type === 'RecordUsage') return recordUsage(data, meter);
    const { reason, fault, meterId, facts } = data;
    const [first] = facts;
    const about = { meterId, usageId: first?.usageId ?? '', facts: facts.length };
    return refuse(reason, fault === undefined ? about : { ...about, fault });
  },

  evolve: ({ facts }, { data }) => ({
    facts: data.facts.reduce((all, fact) => all.set(fact.usageId, contentOf(fact)), facts),
  }),
};
