import { accept, canonicalJson, refuse, type Command, type Decider } from '@solyx/kernel';
import type { QueueSpec } from '@solyx/contracts';
import { QuotaRemoved, QuotaSet } from '@solyx/contracts/drm';
import { isoOf, millisOf } from './instants';

export type QuotaCommand = Command<'SetQuota', QuotaSet['data']> | Command<'RemoveQuota', QuotaRemoved['data']>;
export type QuotaEvent = QuotaSet | QuotaRemoved;
export type QuotaRefusal = 'QueueUnknown' | 'QueueTaken';

/** A name of a queue, and what is said of it; without a `spec` it is free. */
export interface QuotaName {
  readonly spec: QueueSpec | undefined;
  /** Of the newest fact; empty before the first. */
  readonly at: string;
}

/** Each fact is later than the one before, whatever the clocks say: the partition tells them apart by their times. */
const after = <D extends { readonly at: string }>({ at }: QuotaName, data: D): D =>
  data.at > at ? data : { ...data, at: isoOf(millisOf(at) + 1) };

/** A queue belongs to whoever set it first, until it is removed. Set again, it is as said last, whole. */
export const quotaDecider: Decider<QuotaCommand, QuotaName, QuotaEvent, QuotaRefusal> = {
  name: 'drm.quota',
  initial: { spec: undefined, at: '' },

  decide({ type, data }, name) {
    const { spec } = name;
    if (type === 'SetQuota') {
      const { queue } = data;
      if (spec && spec.organizationId !== queue.organizationId) return refuse('QueueTaken', { queueId: queue.queueId });
      const isSo = spec !== undefined && canonicalJson(spec) === canonicalJson(queue);
      return isSo ? accept() : accept(QuotaSet(after(name, data)));
    }
    if (spec?.organizationId !== data.organizationId) return refuse('QueueUnknown', { queueId: data.queueId });
    return accept(QuotaRemoved(after(name, data)));
  },

  evolve: (_, event) => ({
    spec: event.type === 'drm.quota.set' ? event.data.queue : undefined,
    at: event.data.at,
  }),
};
