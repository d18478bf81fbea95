import type { FleetNode } from '@solyx/drm';
import type { Chance } from '../engine/chance';

interface Asked {
  readonly atMs: number;
  readonly organizationId: string;
  /** Idempotency key. */
  readonly key: string;
}

/** What a customer or an operator does, and when. */
export type Action = Asked &
  (
    | { readonly kind: 'submit'; readonly file: Readonly<Record<string, unknown>> }
    | { readonly kind: 'cancel'; readonly submitKey: string }
    | { readonly kind: 'plan'; readonly file: Readonly<Record<string, unknown>> }
    | { readonly kind: 'drain'; readonly nodeId: string; readonly leave: boolean }
    | { readonly kind: 'budget'; readonly limitMicroUsd: string; readonly period: 'month' | 'total' }
    | { readonly kind: 'autonomy'; readonly level: string; readonly killSwitch: boolean }
    | { readonly kind: 'retryParked'; readonly context: string }
    | { readonly kind: 'verify' }
  );

export interface Setting {
  readonly chaosMs: number;
  readonly organizations: readonly string[];
  readonly fleet: readonly FleetNode[];
  readonly machines: number;
}

const FIRST_ACTION_MS = 3_000;
/** Stands for the first machine with an agent, whose id nobody knows before it has joined. */
export const MACHINE = 'machine';

const resourcesFor = (chance: Chance, isReal: boolean): Record<string, unknown> => {
  const gpu = isReal
    ? chance.pick(['0', '0', '1', '0.5'])
    : chance.pick(['0', '0.25', '0.5', '1', '1', '2', '4', '0.3xL4', 'A100:1']);
  return { gpu, cpu: chance.pick(['0.5', '1', '2']), memory: chance.pick(['1GiB', '2GiB', '4GiB']) };
};

function limitsFor(chance: Chance): Record<string, unknown> {
  const budget = chance.is(0.3) ? { budget: `${chance.pick(['0.001', '0.01', '0.05', '0.5'])} USD` } : {};
  const price = chance.is(0.1) ? { max_price: '1.50 USD/gpu-h' } : {};
  return { max_runtime: chance.pick(['10s', '30s', '2m']), ...budget, ...price };
}

const dataFor = (chance: Chance): object =>
  chance.is(0.2) ? { data: [{ uri: 's3://set/a', site: chance.pick(['home', 's3-eu']), size: '4GiB' }] } : {};

/** A job file, as a person writes it. */
export function jobFileOf(chance: Chance, machines: number): Readonly<Record<string, unknown>> {
  const isReal = machines > 0 && chance.is(0.4);
  const seconds = chance.pick([1, 3, 8, 20, 45]);
  const exitCode = chance.is(0.15) ? 1 : 0;
  const on = exitCode === 1 && chance.is(0.5) ? ['node-lost', 'preempted', 'failed'] : ['node-lost', 'preempted'];
  const sources = chance.pick([['owned', 'leased'], ['owned', 'leased'], ['owned'], ['leased', 'owned']]);
  return {
    name: `job-${chance.between(1, 99)}`,
    project: chance.pick(['default', 'research/vision']),
    run: ['work', String(seconds * 1000), String(exitCode)],
    resources: resourcesFor(chance, isReal),
    nodes: chance.is(0.2) ? 2 : 1,
    placement: { simulated: !isReal, sources },
    limits: limitsFor(chance),
    priority: chance.pick([50, 50, 50, 10, 90]),
    retry: { max: chance.between(0, 3), on, backoff: chance.pick(['1s..4s', '0s..0s', '3s..10s']) },
    ...(isReal ? {} : { simulation: { duration: `${seconds}s`, exit_code: exitCode } }),
    ...dataFor(chance),
  };
}

function submissionsOf(chance: Chance, { chaosMs, organizations, machines }: Setting): readonly Action[] {
  const burstAt = chance.between(FIRST_ACTION_MS, chaosMs / 2);
  return Array.from({ length: chance.between(8, 20) }, (_, place): readonly Action[] => {
    const atMs = chance.is(0.4) ? burstAt : chance.between(FIRST_ACTION_MS, chaosMs);
    const submit = {
      ...{ atMs, organizationId: chance.pick(organizations), key: `submit-${place}` },
      ...{ kind: 'submit' as const, file: jobFileOf(chance, machines) },
    };
    const later = (): number => atMs + chance.between(0, 20_000);
    const more: Action[] = [];
    if (chance.is(0.2)) more.push({ ...submit, atMs: later() });
    if (chance.is(0.1)) more.push({ ...submit, atMs: later(), file: { ...submit.file, name: 'another' } });
    if (chance.is(0.25)) {
      more.push({ ...submit, kind: 'cancel', key: `cancel-${place}`, submitKey: submit.key, atMs: later() });
    }
    return [submit, ...more];
  }).flat();
}

function operationsOf(chance: Chance, { chaosMs, organizations, fleet, machines }: Setting): readonly Action[] {
  const when = (): number => chance.between(FIRST_ACTION_MS, chaosMs);
  const [organizationId = ''] = organizations;
  const actions: Action[] = [];
  const add = (probability: number, action: Record<string, unknown>, atMs = when()): void => {
    const asked = { atMs, organizationId, key: `operation-${actions.length}` };
    if (chance.is(probability)) actions.push({ ...asked, ...action } as Action);
  };
  const limitMicroUsd = String(chance.pick([50_000, 500_000, 2_000_000, 20_000_000]));
  add(0.4, { kind: 'budget', limitMicroUsd, period: chance.pick(['month', 'total']) }, FIRST_ACTION_MS - 1_000);
  add(0.3, { kind: 'budget', limitMicroUsd: '10000000', period: 'total' });
  add(0.5, { kind: 'plan', file: jobFileOf(chance, machines) });
  add(0.3, { kind: 'drain', nodeId: chance.pick(fleet).terms.nodeId, leave: chance.is(0.5) });
  if (machines > 0) add(0.15, { kind: 'drain', nodeId: MACHINE, leave: chance.is(0.5) });
  add(0.2, { kind: 'autonomy', level: 'act', killSwitch: true });
  add(0.3, { kind: 'autonomy', level: chance.pick(['observe', 'suggest', 'act']), killSwitch: false });
  add(0.2, { kind: 'verify' });
  return actions;
}

/** Slices, places in pools, and gangs that keep together: some can never be had on a fleet that has none. */
function partsOf(chance: Chance, { chaosMs, organizations, fleet }: Setting): readonly Action[] {
  const hasSlices = fleet.some(({ facts }) => facts.gpus.some(({ migEnabled }) => migEnabled === true));
  const hasPool = fleet.some(({ terms }) => terms.pools !== undefined);
  const wishes: readonly Readonly<Record<string, unknown>>[] = [
    ...(hasSlices ? ['1g.5gb', '2g.10gb', '3g.20gb'].map((mig) => ({ gpu: '1', mig })) : []),
    ...(hasPool ? [{ gpu: '0.25', sharing: 'spatial' }] : []),
    { gpu: '0.5', topology: { level: 'rack', required: true } },
  ];
  return Array.from({ length: chance.between(0, 6) }, (_, place) => ({
    ...{ atMs: chance.between(FIRST_ACTION_MS, chaosMs), organizationId: chance.pick(organizations) },
    ...{ key: `part-${place}`, kind: 'submit' as const },
    file: {
      ...{ name: `part-${place}`, run: ['work', '1000', '0'], nodes: 1, priority: chance.pick([10, 50, 90]) },
      resources: { ...chance.pick(wishes), cpu: '0.5', memory: '1GiB' },
      placement: { simulated: true, sources: ['owned'] },
      limits: { max_runtime: '2m' },
      simulation: { duration: `${chance.pick([2, 10, 30])}s`, exit_code: 0 },
    },
  }));
}

/**
 * The fleet fills with long work of low priority and with spot work that may be stopped at any time; then comes work of
 * high priority, which the scheduler can only start by evicting: the long work's minimum runtime is short on purpose.
 */
function pressureOf(chance: Chance, { chaosMs, organizations, fleet }: Setting): readonly Action[] {
  const gpus = fleet.reduce((sum, { facts }) => sum + facts.gpus.length, 0);
  const [organizationId = ''] = organizations;
  const fillAt = chance.between(FIRST_ACTION_MS, chaosMs / 3);
  const limits = { max_runtime: '2m' };
  const placement = { simulated: true, sources: ['owned'] };
  const submit = (place: number, atMs: number, more: Readonly<Record<string, unknown>>): Action => ({
    ...{ atMs, organizationId, key: `pressure-${place}`, kind: 'submit' },
    file: {
      ...{ name: `pressure-${place}`, project: 'default', run: ['work', '1000', '0'], nodes: 1 },
      ...{
        resources: { gpu: '1', cpu: '0.5', memory: '1GiB' },
        retry: { max: 1, on: ['node-lost'], backoff: '0s..0s' },
      },
      ...more,
    },
  });
  const low = Array.from({ length: gpus }, (_, place) =>
    submit(place, fillAt, {
      ...{ priority: 5, simulation: { duration: '60s', exit_code: 0 } },
      placement: { ...placement, spot: chance.is(0.4) },
      limits: { ...limits, min_runtime: chance.pick(['1s', '2s', '5s']) },
      ...(chance.is(0.3) ? { checkpoint: { path: 'kept', every: '5s' } } : {}),
    }),
  );
  const high = Array.from({ length: chance.between(1, gpus) }, (_, place) =>
    submit(gpus + place, fillAt + chance.between(8_000, 30_000), {
      ...{ placement, limits, priority: 95, simulation: { duration: `${chance.pick([2, 5])}s`, exit_code: 0 } },
    }),
  );
  return [...low, ...high];
}

export const actionsOf = (chance: Chance, setting: Setting): readonly Action[] =>
  [
    ...submissionsOf(chance.fork('submit'), setting),
    ...operationsOf(chance.fork('operate'), setting),
    ...partsOf(chance.fork('parts'), setting),
    ...(chance.fork('press').is(0.5) ? pressureOf(chance.fork('pressure'), setting) : []),
  ].sort((a, b) => a.atMs - b.atMs);

/** Many jobs at one moment: fractions, whole GPUs, a few gangs. */
export const burstOf = (chance: Chance, organizations: readonly string[], jobs: number): readonly Action[] =>
  Array.from({ length: jobs }, (_, place) => ({
    ...{ atMs: FIRST_ACTION_MS, organizationId: chance.pick(organizations), key: `burst-${place}`, kind: 'submit' },
    file: {
      name: `burst-${place}`,
      run: ['work'],
      resources: { gpu: chance.pick(['0.25', '0.5', '1', '1', '2', '4']), cpu: '1', memory: '4GiB' },
      nodes: place % 50 === 0 ? 2 : 1,
      placement: { simulated: true },
      limits: { max_runtime: '2m' },
      simulation: { duration: `${chance.between(2, 20)}s`, exit_code: place % 40 === 7 ? 1 : 0 },
    },
  }));
