import { PUBLIC_EVENT_NAMES, PUBLIC_EVENTS } from '@solyx/contracts';
import type { WebhookTestOrdered } from '@solyx/contracts/billing';
import type { Recorded } from '@solyx/kernel';
import type { PublicEvent } from './message';
import { MONEY_EVENTS } from './money-events';
import { saying } from './saying';
import { WORK_EVENTS } from './work-events';

type Translate = (data: never) => PublicEvent;

const TRANSLATIONS: ReadonlyMap<string, Translate> = new Map(Object.entries({ ...MONEY_EVENTS, ...WORK_EVENTS }));

/** Every public type that one may ask for. */
export const PUBLIC_TYPES: readonly string[] = PUBLIC_EVENT_NAMES;

/** Streams that public events come from: all that the feed has to read, and the endpoints' own. */
export const PUBLIC_PREFIXES: readonly string[] = [
  ...new Set([
    'billing.webhook-',
    ...PUBLIC_EVENT_NAMES.flatMap((name) => PUBLIC_EVENTS[name].from.map((type) => `${aggregateOf(type)}-`)),
  ]),
].sort();

function aggregateOf(type: string): string {
  return type.split('.').slice(0, 2).join('.');
}

/** Facts that are said to those outside. */
export const TRANSLATED_TYPES: readonly string[] = [...TRANSLATIONS.keys()];

/** What an event of the log says to those outside: nothing, for most. */
export function publicEventsOf(event: Recorded): readonly PublicEvent[] {
  const translate = TRANSLATIONS.get(event.type);
  return translate ? [translate(event.data as never)] : [];
}

/** Only its own endpoint gets it, whatever types that chose. */
export const testEventOf = ({ endpointId, at }: WebhookTestOrdered['data']): PublicEvent =>
  saying('webhook.test', at, { endpointId, message: 'Your endpoint is known to Solyx and its key works.' });
