import type { FleetObservation, Offer } from '@solyx/contracts';
import { gpuMilliOf, millis, type Fleet, type FleetLease, type WaitingWork } from './observe';

const HOUR_MS = 3_600_000;

/** All that an advice is made of: what is recorded as observed, and what the limits are checked against. */
export interface Supply {
  readonly observation: FleetObservation;
  /** The kind of fleet under most pressure; real work never runs on simulated nodes, nor the reverse. */
  readonly simulated: boolean;
  /** Asked for most among the waiting work; empty: any. */
  readonly gpuModel: string;
  /** The cheapest fresh one of that model, and how many nodes of it are left. */
  readonly offer: Offer | undefined;
  readonly offerLeft: number;
  /** Nodes leased on advice within the hour. */
  readonly leasedThisHour: number;
  /** Leased nodes that were idle for as long as asked, and for the lessor's minimum. */
  readonly releasable: number;
}

/** What is asked of the fleet. */
export interface Look {
  readonly position: bigint;
  readonly nowMs: number;
  /** A leased node may be given back after this. */
  readonly idleSeconds: number;
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

const nodeOf = (fleet: Fleet, { nodeId }: FleetLease) => fleet.nodes.get(nodeId);

const isIdle = (fleet: Fleet, lease: FleetLease): boolean =>
  lease.phase === 'Active' && nodeOf(fleet, lease)?.held.size === 0;

function isReleasable(fleet: Fleet, lease: FleetLease, { nowMs, idleSeconds }: Look): boolean {
  const node = nodeOf(fleet, lease);
  return (
    node !== undefined &&
    isIdle(fleet, lease) &&
    nowMs >= node.idleSinceMs + idleSeconds * 1_000 &&
    nowMs >= lease.activeAtMs + lease.offer.minimumSeconds * 1_000
  );
}

/** GPUs of one kind: those of nodes, and those of leases on their way, which are as good as free. */
function gpusOf(fleet: Fleet, simulated: boolean) {
  const leases = [...fleet.leases.values()];
  const leaving = new Set(leases.filter(({ phase }) => phase === 'Releasing').map(({ nodeId }) => nodeId));
  const nodes = [...fleet.nodes].filter(([, node]) => node.simulated === simulated);
  const coming = leases.filter(({ phase, offer }) => phase === 'Pending' && offer.simulated === simulated);
  const onTheWay = sumOf(coming.map(({ offer }) => gpuMilliOf(offer)));
  const open = nodes.filter(([nodeId, node]) => !node.cordoned && !leaving.has(nodeId));
  const free = sumOf(open.map(([, node]) => Math.max(0, node.gpuMilli - sumOf([...node.held.values()]))));
  return { total: sumOf(nodes.map(([, node]) => node.gpuMilli)) + onTheWay, free: free + onTheWay };
}

/** Supply and demand of one kind of fleet. */
function pressureOf(fleet: Fleet, simulated: boolean, nowMs: number) {
  const work = [...fleet.waiting.values()].filter(
    (one) => one.leasable && one.simulated === simulated && one.sinceMs <= nowMs,
  );
  const queuedGpuMilli = sumOf(work.map(({ gpuMilli }) => gpuMilli));
  const { total, free } = gpusOf(fleet, simulated);
  return { simulated, work, queuedGpuMilli, total, free, short: Math.max(0, queuedGpuMilli - free) };
}

/** The kind that is shortest of GPUs; else with more in its queue; else the larger; else the real one. */
function underPressure(fleet: Fleet, nowMs: number) {
  const [real, simulated] = [pressureOf(fleet, false, nowMs), pressureOf(fleet, true, nowMs)];
  const order =
    real.short - simulated.short || real.queuedGpuMilli - simulated.queuedGpuMilli || real.total - simulated.total;
  return order >= 0 ? real : simulated;
}

/** The model that most milli-GPUs are asked of. */
function wantedModel(work: readonly WaitingWork[]): string {
  const wanted = new Map<string, number>();
  for (const { gpuModel, gpuMilli } of work) wanted.set(gpuModel, (wanted.get(gpuModel) ?? 0) + gpuMilli);
  const [most] = [...wanted].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return most?.[0] ?? '';
}

/** What is left of an offer: what was seen, less what was leased of it since. */
function leftOf(fleet: Fleet, offer: Offer): number {
  const taken = [...fleet.leases.values()].filter(
    (lease) => lease.offer.offerId === offer.offerId && lease.requestedAtMs >= millis(offer.observedAt),
  );
  return Math.max(0, offer.available - taken.length);
}

function cheapestOffer(fleet: Fleet, simulated: boolean, gpuModel: string, nowMs: number): Offer | undefined {
  const order = (a: Offer, b: Offer): number => {
    const difference = BigInt(a.priceMicroUsdPerHour) - BigInt(b.priceMicroUsdPerHour);
    return difference === 0n ? (a.offerId < b.offerId ? -1 : 1) : difference < 0n ? -1 : 1;
  };
  const [cheapest] = [...fleet.offers.values()]
    .filter(
      (offer) =>
        offer.simulated === simulated &&
        offer.gpusPerNode > 0 &&
        (gpuModel === '' || offer.gpuModel === gpuModel) &&
        millis(offer.freshUntil) > nowMs &&
        leftOf(fleet, offer) > 0,
    )
    .sort(order);
  return cheapest;
}

/** The fleet at one instant, in numbers. Queue and GPUs are those of the kind under pressure; leases are all leases. */
export function supplyOf(fleet: Fleet, look: Look): Supply {
  const { nowMs } = look;
  const { simulated, work, queuedGpuMilli, total, free } = underPressure(fleet, nowMs);
  const leases = [...fleet.leases.values()];
  const gpuModel = wantedModel(work);
  const offer = cheapestOffer(fleet, simulated, gpuModel, nowMs);
  const oldestMs = work.reduce((oldest, { sinceMs }) => Math.min(oldest, sinceMs), nowMs);
  const rent = leases.reduce((sum, lease) => sum + BigInt(lease.offer.priceMicroUsdPerHour), 0n);
  return {
    observation: {
      position: look.position.toString(),
      queued: work.length,
      queuedGpuMilli,
      oldestQueuedSeconds: Math.floor((nowMs - oldestMs) / 1_000),
      gpuMilliTotal: total,
      gpuMilliFree: free,
      leasedNodes: leases.length,
      leasedNodesIdle: leases.filter((lease) => isIdle(fleet, lease)).length,
      leaseMicroUsdPerHour: rent.toString(),
    },
    simulated,
    gpuModel,
    offer,
    offerLeft: offer ? leftOf(fleet, offer) : 0,
    leasedThisHour: fleet.advisedLeasesMs.filter((ms) => ms > nowMs - HOUR_MS).length,
    releasable: leases.filter((lease) => isReleasable(fleet, lease, look)).length,
  };
}
