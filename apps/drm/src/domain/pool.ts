import type { Gpu, GpuPool, MigShare, NodeFacts, NodeTerms, PoolShare, ReasonCode } from '@solyx/contracts';
import type { Ask } from './ask';
import { maskOf, migProfileOf, migSlots, SLICE_MILLI } from './mig';

/** What is held on GPUs that are cut into slices or shared in pools. By place in `facts.gpus`. */
export interface SharedGpus {
  /** A bit per MIG memory slice that is held. */
  readonly slices: readonly number[];
  /** Workloads on each GPU. */
  readonly holders: readonly number[];
  /** Whose work is on each private pool now, by place in `terms.pools`; empty where nobody's is. */
  readonly tenants: readonly { readonly organizationId: string; readonly held: number }[];
}

/** A node, as far as cut and shared GPUs go. */
export interface Sharer {
  readonly facts: NodeFacts;
  readonly terms: NodeTerms;
  readonly gpuFree: readonly number[];
  /** Left out on nodes whose GPUs are all plain. */
  readonly shared?: SharedGpus;
}

const poolsOf = ({ pools }: NodeTerms): readonly GpuPool[] => pools ?? NO_POOLS;
const NO_POOLS: readonly GpuPool[] = [];

/** Workloads that one GPU of the pool takes. */
export const ratioOf = ({ sharing, ratio }: GpuPool): number => (sharing === 'exclusive' ? 1 : ratio);

/** Nothing held; undefined where all GPUs are plain, so that plain nodes carry nothing. */
export function sharedGpus(terms: NodeTerms, facts: NodeFacts): SharedGpus | undefined {
  const pools = poolsOf(terms);
  if (pools.length === 0 && !facts.gpus.some(({ migEnabled }) => migEnabled === true)) return undefined;
  const zeros = facts.gpus.map(() => 0);
  return { slices: zeros, holders: zeros, tenants: pools.map(() => ({ organizationId: '', held: 0 })) };
}

interface Holding {
  readonly gpuIndexes: readonly number[];
  readonly mig?: readonly MigShare[];
  readonly pool?: PoolShare;
}

/** With a share more (`sign` 1) or less (-1) held by a tenant. */
export function changedShared(
  { facts, terms, shared }: Sharer,
  share: Holding,
  sign: 1 | -1,
  organizationId: string,
): SharedGpus | undefined {
  if (!shared) return undefined;
  const indexes = new Set(share.gpuIndexes);
  const masks = new Map(
    share.mig?.map(({ gpuIndex, profile, start }) => {
      const gpu = facts.gpus.find(({ index }) => index === gpuIndex);
      return [gpuIndex, maskOf(start, gpu ? (migProfileOf(gpu, profile)?.memory ?? 0) : 0)] as const;
    }),
  );
  const tenants = shared.tenants.map((tenant, place) => {
    if (poolsOf(terms)[place]?.poolId !== share.pool?.poolId) return tenant;
    const held = tenant.held + sign;
    return { organizationId: held === 0 ? '' : tenant.held === 0 ? organizationId : tenant.organizationId, held };
  });
  return {
    slices: shared.slices.map((used, place) => {
      const mask = masks.get(facts.gpus[place]?.index ?? -1) ?? 0;
      return sign === 1 ? used | mask : used & ~mask;
    }),
    holders: shared.holders.map((count, place) => (indexes.has(facts.gpus[place]?.index ?? -1) ? count + sign : count)),
    tenants,
  };
}

/** Places of one pool. */
const placesOf = ({ gpuIndexes }: GpuPool, gpus: readonly Gpu[]): readonly number[] =>
  [...gpus.keys()].filter((place) => gpuIndexes.includes(gpus[place]?.index ?? -1));

/** Has the GPU slices that the workload asks for, of the size that it counts for? */
const suitsMig = (gpu: Gpu, ask: Ask): boolean => {
  const profile = migProfileOf(gpu, ask.migProfile ?? '');
  if (gpu.migEnabled !== true || !profile || profile.memory * SLICE_MILLI !== ask.gpuMilli) return false;
  return gpu.migInstances?.some((one) => one.profile === profile.profile) ?? true;
};

/**
 * Places of the GPUs that work of this kind may hold at all: slices on GPUs in MIG mode, shared work on pools that are
 * shared so, everything else on the plain ones. `among` are the places that suit it otherwise.
 */
export function placesFor(
  node: Sharer,
  ask: Ask,
  among: readonly number[] | undefined,
): readonly number[] | ReasonCode {
  const { gpus } = node.facts;
  const all = among ?? [...gpus.keys()];
  if (ask.migProfile !== undefined) {
    const places = all.filter((place) => {
      const gpu = gpus[place];
      return gpu !== undefined && suitsMig(gpu, ask) && (gpu.migInstances !== undefined || node.terms.simulated);
    });
    return places.length < ask.gpus ? 'MigUnavailable' : places;
  }
  const pools = poolsOf(node.terms);
  const wanted = pools.filter(({ sharing }) => sharing === ask.sharing);
  const pooled = new Set((ask.sharing === undefined ? pools : wanted).flatMap((pool) => placesOf(pool, gpus)));
  const places = all.filter(
    (place) => gpus[place]?.migEnabled !== true && pooled.has(place) === (ask.sharing !== undefined),
  );
  if (places.length >= ask.gpus) return places;
  return ask.sharing === undefined ? 'InsufficientGpus' : 'PoolMismatch';
}

/** GPUs that are free for it now, all of one pool; the reason where there are too few. */
export interface Open {
  readonly places: readonly number[];
  readonly pool?: GpuPool;
}

function openOfPool(node: Sharer, ask: Ask, places: readonly number[], at: number): Open | ReasonCode {
  const pool = poolsOf(node.terms)[at];
  const { shared, gpuFree, facts } = node;
  if (!pool || !shared || pool.sharing !== ask.sharing) return 'PoolMismatch';
  const tenant = shared.tenants[at];
  if (pool.tenancy === 'private' && tenant && tenant.held > 0 && tenant.organizationId !== ask.request.organizationId) {
    return 'PoolTaken';
  }
  const inPool = placesOf(pool, facts.gpus).filter((place) => places.includes(place));
  const roomy = inPool.filter((place) => (gpuFree[place] ?? 0) >= ask.gpuMilli);
  const open = roomy.filter((place) => (shared.holders[place] ?? 0) < ratioOf(pool));
  if (open.length >= ask.gpus) return { places: open, pool };
  return roomy.length >= ask.gpus ? 'PoolFull' : 'InsufficientGpus';
}

/** Slices of this profile that can be had on a GPU now. */
const slotsOn = ({ facts, terms, shared }: Sharer, place: number, profileName: string) => {
  const gpu = facts.gpus[place];
  const profile = gpu && migProfileOf(gpu, profileName);
  if (!gpu || !profile || !shared) return [];
  return migSlots(gpu, profile, shared.slices[place] ?? 0, terms.simulated);
};

/** Where work on slices or in a pool fits now. Of several pools the one with the fewest GPUs to spare, then the first. */
export function openFor(node: Sharer, ask: Ask, places: readonly number[] | undefined): Open | ReasonCode {
  const among = places ?? [...node.facts.gpus.keys()];
  const { migProfile } = ask;
  if (migProfile !== undefined) {
    const open = among.filter((place) => slotsOn(node, place, migProfile).length > 0);
    return open.length < ask.gpus ? 'InsufficientGpus' : { places: open };
  }
  let best: Open | undefined;
  let reason: ReasonCode = 'PoolMismatch';
  for (let at = 0; at < poolsOf(node.terms).length; at += 1) {
    const open = openOfPool(node, ask, among, at);
    if (typeof open !== 'string') best = best && best.places.length <= open.places.length ? best : open;
    else if (reason === 'PoolMismatch') reason = open;
  }
  return best ?? reason;
}

/** What a share says about slices and pools, besides its GPUs: the best slot of each, or the pool. */
export function holdingOf(node: Sharer, ask: Ask, held: readonly number[]): Pick<Holding, 'mig' | 'pool'> {
  const { gpus } = node.facts;
  const { migProfile } = ask;
  if (migProfile !== undefined) {
    const mig = held.flatMap((place) => {
      const [slot] = slotsOn(node, place, migProfile);
      return slot ? [{ gpuIndex: gpus[place]?.index ?? 0, profile: migProfile, ...slot }] : [];
    });
    return { mig };
  }
  const pool = poolsOf(node.terms).find((one) => held.every((place) => placesOf(one, gpus).includes(place)));
  if (!pool || ask.sharing === undefined) return {};
  const { poolId, sharing, quantumMs } = pool;
  return { pool: { poolId, sharing, ratio: ratioOf(pool), ...(quantumMs === undefined ? {} : { quantumMs }) } };
}

/** Are there enough GPUs of one NVLink island among these places? */
export function oneIsland({ facts }: Pick<Sharer, 'facts'>, gpus: number, places: readonly number[]): boolean {
  if (gpus <= 1) return true;
  const counts = new Map<string, number>();
  for (const place of places) {
    const island = facts.gpus[place]?.island;
    if (island !== undefined) counts.set(island, (counts.get(island) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values()) >= gpus;
}
