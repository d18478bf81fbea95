import type { AutonomyLevel, AutonomyLimits, NodeFacts } from '@solyx/contracts';
import { SIMULATED_FLEET, SIMULATED_OFFERS, type FleetNode, type SimulatedOffer } from '@solyx/drm';
import { Chance } from '../engine/chance';
import { NO_FAULTS, PROFILES, type FaultProfile } from '../plane/faults';
import { actionsOf, burstOf, type Action } from './actions';

const GIB = 1024;

/** A machine with a modelled agent: real work, as far as the plane can tell. */
export interface MachineSpec {
  readonly name: string;
  readonly site: string;
  readonly region: string;
  readonly facts: NodeFacts;
}

/** Everything that a seed decides before the first event. */
export interface Scenario {
  readonly seed: number;
  readonly profile: FaultProfile;
  /** Faults happen until then; afterwards everything must come to its end. */
  readonly chaosMs: number;
  readonly fleet: readonly FleetNode[];
  /** Who decides where work runs. */
  readonly policy: string;
  readonly offers: readonly SimulatedOffer[];
  readonly machines: readonly MachineSpec[];
  readonly organizations: readonly string[];
  readonly optimizer: { readonly level: AutonomyLevel; readonly limits: AutonomyLimits };
  /** Streams' states are kept this often, so that restarts begin with them. */
  readonly snapshotEvery: number;
  readonly actions: readonly Action[];
}

function fleetOf(chance: Chance): readonly FleetNode[] {
  return Array.from({ length: chance.between(1, 3) }, (_, place) => {
    const model = chance.pick(['A100', 'L4']);
    const gpus = chance.pick([1, 2, 4]);
    const nodeId = `sim-${model.toLowerCase()}-${place + 1}`;
    return {
      terms: {
        ...{ nodeId, source: 'owned', provider: 'owned', simulated: true, executor: 'simulated' },
        ...{ site: 'home', region: 'eu-central', costMicroUsdPerHour: '0' },
      },
      facts: {
        ...{ hostname: nodeId, os: 'simulated', cpuMilli: chance.pick([4, 8, 16]) * 1000, memoryMiB: 32 * GIB },
        gpus: Array.from({ length: gpus }, (__, index) => ({ index, model, memoryMiB: 24 * GIB })),
      },
    };
  });
}

function offersOf(chance: Chance): readonly SimulatedOffer[] {
  const sites = [
    { site: 'vast-eu', region: 'eu-west', provider: 'vast' },
    { site: 'runpod-us', region: 'us-east', provider: 'runpod' },
  ] as const;
  return sites.slice(0, chance.pick([0, 1, 1, 2])).map((place) => ({
    ...{ ...place, offerId: `sim-${place.provider}`, gpuModel: chance.pick(['A100', 'L4']), gpuMemoryMiB: 24 * GIB },
    ...{ gpusPerNode: chance.pick([1, 2]), cpuMilli: 8_000, memoryMiB: 32 * GIB, available: chance.between(1, 2) },
    ...{ priceMicroUsdPerHour: String(chance.between(400_000, 2_000_000)), minimumSeconds: 30, bootSeconds: 3 },
  }));
}

function machinesOf(chance: Chance): readonly MachineSpec[] {
  return Array.from({ length: chance.pick([0, 1, 2, 2]) }, (_, place) => ({
    name: `machine-${place + 1}`,
    ...{ site: 'home', region: 'eu-central' },
    facts: {
      ...{ hostname: `machine-${place + 1}`, os: 'linux', cpuMilli: 4_000, memoryMiB: 16 * GIB },
      gpus: place === 0 ? [{ index: 0, model: 'L4', memoryMiB: 24 * GIB }] : [],
    },
  }));
}

type Terms = FleetNode['terms'];
type Facts = FleetNode['facts'];

const POOLED: Pick<Terms, 'pools'> = {
  pools: [{ poolId: 'shared', gpuIndexes: [0], sharing: 'spatial', ratio: 3, tenancy: 'private' }],
};

/** Racks and islands for all; the last node of a fleet may be cut into slices, or have a GPU that is shared. */
function special(chance: Chance, fleet: readonly FleetNode[]): readonly FleetNode[] {
  const kind = chance.pick(['plain', 'plain', 'mig', 'pool']);
  return fleet.map(({ terms, facts, ...more }, place): FleetNode => {
    const isLast = place === fleet.length - 1 && fleet.length > 1;
    const cut: Facts = { ...facts, gpus: facts.gpus.map((gpu) => ({ ...gpu, model: 'A100', migEnabled: true })) };
    return {
      ...more,
      terms: { ...terms, rack: `r${place % 2}`, fabric: 'ib', ...(isLast && kind === 'pool' ? POOLED : {}) },
      facts: isLast && kind === 'mig' ? cut : facts,
    };
  });
}

/** Mostly the policy of today; one seed in four keeps to the first one, whose decisions must still come out the same. */
const policyOf = (seed: number): string =>
  Math.floor(seed / PROFILES.length) % 4 === 3 ? 'best-fit/1' : 'shadow-price/1';

/** A small plane with all kinds of work, and one kind of trouble. */
export function scenarioOf(seed: number): Scenario {
  const chance = new Chance(`scenario/${seed}`);
  const profile = PROFILES[seed % PROFILES.length] ?? NO_FAULTS;
  const chaosMs = chance.between(60_000, 120_000);
  const fleet = special(chance.fork('special'), fleetOf(chance.fork('fleet')));
  const machines = machinesOf(chance.fork('machines'));
  const organizations = ['acme', 'umbra'].slice(0, chance.between(1, 2));
  const limits = { leasedNodesMax: 3, leaseMicroUsdPerHourMax: '50000000', leasesPerHourMax: chance.between(0, 4) };
  return {
    ...{ seed, profile, chaosMs, fleet, machines, organizations, snapshotEvery: 40, policy: policyOf(seed) },
    offers: offersOf(chance.fork('offers')),
    optimizer: { level: chance.pick(['observe', 'suggest', 'act'] as const), limits },
    actions: actionsOf(chance.fork('actions'), { chaosMs, organizations, fleet, machines: machines.length }),
  };
}

const CROWD: FaultProfile = {
  ...NO_FAULTS,
  ...{ name: 'crowd', slowDelivery: 0.02, lostDelivery: 0.002, duplicate: 0.02, crashes: 3, rewind: 40 },
  ...{ lostPerAppend: 0.002, viewLagMs: 500 },
};

/** Very many jobs at once, on the simulated fleet that `npm start` shows. */
export function crowdOf(seed: number, jobs: number): Scenario {
  const chance = new Chance(`crowd/${seed}`);
  const organizations = ['acme', 'umbra'];
  return {
    ...{ seed, profile: CROWD, chaosMs: 60_000, organizations, machines: [], snapshotEvery: 2_000 },
    policy: 'shadow-price/1',
    fleet: SIMULATED_FLEET,
    offers: SIMULATED_OFFERS,
    optimizer: {
      level: 'act',
      limits: { leasedNodesMax: 4, leaseMicroUsdPerHourMax: '50000000', leasesPerHourMax: 4 },
    },
    actions: burstOf(chance, organizations, jobs),
  };
}
