import { accept, derivePrefixedId, refuse, type Decision } from '@solyx/kernel';
import type { UsageFact } from '@solyx/contracts';
import { AccountOpened, type UsageRecorded } from '@solyx/contracts/billing';
import {
  chargedPeriodOf,
  chargePriced,
  Charging,
  merged,
  priceAll,
  type ChargeHead,
  type Prices,
} from './account-charge';
import { missingOf } from './account-slices';
import { dayOf, dayOfStream, knownSince, type Account, type AccountEvent } from './account-state';
import { measureFact } from './measure';

export interface RateUsage {
  /** The event of the meter: its stream, its place there, and what it says. */
  readonly stream: string;
  readonly revision: number;
  readonly recorded: UsageRecorded['data'];
  readonly eventId: string;
  readonly position: string;
  readonly prices: Prices;
}

export type RateRefusal = 'NoPrice' | 'UsageTooOld' | 'UsageOutOfOrder';

/** Facts that one charge is for: one thing, one project, one period. */
interface Group {
  readonly facts: UsageFact[];
  from: string;
  to: string;
}

/** What one charge can be for. Facts of more things than an event may hold are recorded in several events. */
export const chargeGroupOf = ({ resource, project }: UsageFact): string =>
  [resource.kind, resource.id, project].join('\u0000');

function groupsOf(account: Account, facts: readonly UsageFact[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const fact of facts) {
    const { period, correctsPeriod = '' } = chargedPeriodOf(account, fact.from);
    const key = [chargeGroupOf(fact), correctsPeriod, period].join('\u0000');
    const group = groups.get(key) ?? { facts: [], from: fact.from, to: fact.to };
    group.facts.push(fact);
    if (fact.from < group.from) group.from = fact.from;
    if (fact.to > group.to) group.to = fact.to;
    groups.set(key, group);
  }
  return groups;
}

const jobOf = ({ resource }: UsageFact) => (resource.kind === 'job' ? { jobId: resource.id } : {});

const headOf = (data: RateUsage, key: string, { from, to }: Group, first: UsageFact): ChargeHead => ({
  chargeId: derivePrefixedId('chg', data.stream, data.revision, key),
  organizationId: data.recorded.organizationId,
  project: first.project,
  resource: first.resource,
  ...jobOf(first),
  meter: { stream: data.stream, revision: data.revision },
  usedAt: from,
  at: to,
  eventIds: [data.eventId, data.recorded.eventId],
  positions: [data.position],
});

/**
 * Charges what one event of a meter says, once: the account remembers of each meter's stream how far it is charged.
 * Usage of a closed period is charged in the first open one, as a correction of the line that it belongs to.
 */
export function rateRecorded(data: RateUsage, account: Account): Decision<AccountEvent, RateRefusal> {
  const { stream, revision, recorded, prices } = data;
  const known = account.rated.get(stream) ?? -1;
  if (revision <= known) return accept();
  const since = knownSince(account);
  if (since !== '' && dayOfStream(stream) < dayOf(since)) return refuse('UsageTooOld', { meter: stream, since });
  if (revision > known + 1) return refuse('UsageOutOfOrder', { meter: stream, revision, charged: known });
  const charging = new Charging(account, prices);
  const events: AccountEvent[] = [];
  const { organizationId, at } = recorded;
  if (!account.opened) events.push(AccountOpened({ organizationId, currency: 'USD', at }));
  for (const [key, group] of groupsOf(account, recorded.facts)) {
    const [first] = group.facts;
    const pricing = priceAll(group.facts.map(measureFact), charging);
    if (!pricing.rated) return refuse('NoPrice', { meter: stream, ...missingOf(pricing.missing) });
    if (first) events.push(...chargePriced(headOf(data, key, group, first), merged(pricing.priced), charging));
  }
  return accept(...events);
}
