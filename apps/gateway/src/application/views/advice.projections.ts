import { PLATFORM_ORGANIZATION } from '@solyx/kernel';
import type { AutonomyLimits, FleetObservation, LimitCheck } from '@solyx/contracts';
import type { AdviceDecided } from '@solyx/contracts/drm';
import type { ApiKeyCreated, ApiKeyRevoked } from '@solyx/contracts/gateway';
import type { Advised, AutonomySet } from '@solyx/contracts/optimizer';
import { defineProjection } from '@solyx/eventing';
import { LATEST } from './explanation.projections';

export interface AdviceRow {
  readonly id: string;
  readonly action: string;
  readonly gpuModel: string | null;
  readonly count: number;
  readonly reason: string;
  readonly sentence: string;
  readonly level: string;
  readonly policy: string;
  readonly obeyed: boolean | null;
  readonly obeyedReason: string | null;
  readonly observation: FleetObservation | null;
  readonly checks: readonly LimitCheck[];
  readonly at: string;
}

/** What the optimizer advised, and whether the scheduler obeyed. */
export const gatewayAdvice = defineProjection<Advised | AdviceDecided, AdviceRow>({
  name: 'gateway_advice',
  version: 1,
  key: ({ data }) => data.adviceId,
  organization: () => PLATFORM_ORGANIZATION,
  initial: {
    id: '',
    action: '',
    gpuModel: null,
    count: 0,
    reason: '',
    sentence: '',
    level: '',
    policy: '',
    obeyed: null,
    obeyedReason: null,
    observation: null,
    checks: [],
    at: '',
  },
  on: {
    'optimizer.decision.advised': (_row, data) => ({
      id: data.adviceId,
      action: data.action,
      gpuModel: data.gpuModel ?? null,
      count: data.count,
      reason: data.reason,
      sentence: data.sentence,
      level: data.level,
      policy: data.policy,
      obeyed: null,
      obeyedReason: null,
      observation: data.observation,
      checks: data.checks,
      at: data.at,
    }),
    'drm.partition.advice-decided': (row, { obeyed, reason }) =>
      row.id === '' ? undefined : { ...row, obeyed, obeyedReason: reason },
  },
});

export interface AutonomyRow {
  readonly level: string;
  readonly killSwitch: boolean;
  readonly limits: AutonomyLimits | null;
}

/** How far the optimizer may go. */
export const gatewayAutonomy = defineProjection<AutonomySet, AutonomyRow>({
  name: 'gateway_autonomy',
  version: 1,
  key: () => LATEST,
  organization: () => PLATFORM_ORGANIZATION,
  initial: { level: 'observe', killSwitch: false, limits: null },
  on: { 'optimizer.policy.autonomy-set': (_row, { level, killSwitch, limits }) => ({ level, killSwitch, limits }) },
});

export interface ApiKeyRow {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly phase: 'Active' | 'Revoked';
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

/** Keys as their owners see them: never the key, never its hash. */
export const gatewayApiKey = defineProjection<ApiKeyCreated | ApiKeyRevoked, ApiKeyRow>({
  name: 'gateway_api_key',
  version: 1,
  key: ({ data }) => data.keyId,
  organization: ({ data }) => data.organizationId,
  initial: { id: '', organizationId: '', name: '', roles: [], phase: 'Active', createdAt: '', expiresAt: null },
  on: {
    'gateway.apiKey.created': (_row, data) => ({
      id: data.keyId,
      organizationId: data.organizationId,
      name: data.name,
      roles: data.roles,
      phase: 'Active',
      createdAt: data.createdAt,
      expiresAt: data.expiresAt ?? null,
    }),
    'gateway.apiKey.revoked': (row) => (row.id === '' ? undefined : { ...row, phase: 'Revoked' }),
  },
});
