import { PUBLIC_EVENTS, type PublicEventName } from '@solyx/contracts';
import type { PublicEvent } from './message';

export type Saying = PublicEvent;

type DataOf<Name extends PublicEventName> = InstanceType<(typeof PUBLIC_EVENTS)[Name]['data']>;

/** A public event of the catalogue. */
export const saying = <Name extends PublicEventName>(name: Name, at: string, data: DataOf<Name>): PublicEvent => {
  const { version, resource } = PUBLIC_EVENTS[name];
  return { type: name, version, resource, at, data };
};
