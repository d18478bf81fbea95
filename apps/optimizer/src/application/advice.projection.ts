import type { AdviceDecided } from '@solyx/contracts/drm';
import type { Advised } from '@solyx/contracts/optimizer';
import { defineProjection } from '@solyx/eventing';

export interface AdviceRow extends Omit<Advised['data'], 'gpuModel'> {
  readonly gpuModel: string;
  /** What drm decided; empty until it did. */
  readonly obeyed: boolean;
  readonly obeyedReason: string;
}

/** What was advised, why, and was it obeyed? */
export const adviceView = defineProjection<Advised | AdviceDecided, AdviceRow>({
  name: 'optimizer_advice',
  version: 1,
  key: ({ data }) => data.adviceId,
  organization: () => 'platform',
  initial: {
    adviceId: '',
    action: 'hold',
    gpuModel: '',
    count: 0,
    policy: '',
    level: 'observe',
    observation: {
      position: '0',
      queued: 0,
      queuedGpuMilli: 0,
      oldestQueuedSeconds: 0,
      gpuMilliTotal: 0,
      gpuMilliFree: 0,
      leasedNodes: 0,
      leasedNodesIdle: 0,
      leaseMicroUsdPerHour: '0',
    },
    checks: [],
    reason: '',
    sentence: '',
    at: '',
    obeyed: false,
    obeyedReason: '',
  },
  indexes: ['action'],
  on: {
    'optimizer.decision.advised': (row, data) => ({ ...row, ...data }),
    'drm.partition.advice-decided': (row, { adviceId, obeyed, reason }) => ({
      ...row,
      adviceId,
      obeyed,
      obeyedReason: reason,
    }),
  },
});
