import { Chance } from '../engine/chance';
import type { AppendFault } from '../engine/process-log';

/** How badly it goes. Probabilities are per append or per delivery, times in virtual milliseconds. */
export interface FaultProfile {
  readonly name: string;
  readonly crashPerAppend: number;
  readonly lostPerAppend: number;
  /** Takes seconds instead of milliseconds, while other streams go on: reorder. */
  readonly slowDelivery: number;
  /** Comes only when the consumer notices the gap and begins again. */
  readonly lostDelivery: number;
  /** Comes once more, up to a minute later. */
  readonly duplicate: number;
  /** After a restart this many messages that were handled come again. */
  readonly rewind: number;
  /** Crashes of a process at any moment, in all. */
  readonly crashes: number;
  /** Times the store is away, and for how long at most. */
  readonly outages: number;
  readonly outageMs: number;
  /** Times that all clocks jump, and how far at most. */
  readonly clockJumps: number;
  readonly jumpMs: number;
  /** How far services' clocks differ. */
  readonly skewMs: number;
  /** How far views lag behind. */
  readonly viewLagMs: number;
  /** Agents that end and come back, machines that die and come back. */
  readonly agentRestarts: number;
  readonly machineDeaths: number;
  /** A lessor that does not answer, or does not deliver. */
  readonly lessorFault: number;
}

export const NO_FAULTS: FaultProfile = {
  ...{ name: 'calm', crashPerAppend: 0, lostPerAppend: 0, slowDelivery: 0, lostDelivery: 0, duplicate: 0, rewind: 0 },
  ...{ crashes: 0, outages: 0, outageMs: 0, clockJumps: 0, jumpMs: 0, skewMs: 0, viewLagMs: 0 },
  ...{ agentRestarts: 0, machineDeaths: 0, lessorFault: 0 },
};

const DELIVERIES: Partial<FaultProfile> = { slowDelivery: 0.1, lostDelivery: 0.02, duplicate: 0.08, viewLagMs: 1_500 };

/** One kind of trouble each, and all at once. A seed chooses one. */
export const PROFILES: readonly FaultProfile[] = [
  NO_FAULTS,
  { ...NO_FAULTS, name: 'bad bus', slowDelivery: 0.3, lostDelivery: 0.08, duplicate: 0.25, viewLagMs: 4_000 },
  { ...NO_FAULTS, ...DELIVERIES, name: 'crashes', crashPerAppend: 0.02, crashes: 10, rewind: 12 },
  { ...NO_FAULTS, ...DELIVERIES, name: 'bad store', lostPerAppend: 0.03, outages: 3, outageMs: 5_000 },
  { ...NO_FAULTS, ...DELIVERIES, name: 'long outage', lostPerAppend: 0.01, outages: 2, outageMs: 40_000, crashes: 2 },
  { ...NO_FAULTS, ...DELIVERIES, name: 'bad nodes', agentRestarts: 4, machineDeaths: 3, lessorFault: 0.2 },
  { ...NO_FAULTS, ...DELIVERIES, name: 'bad clocks', clockJumps: 4, jumpMs: 60_000, skewMs: 400, crashes: 2 },
  {
    ...{ name: 'everything', crashPerAppend: 0.01, lostPerAppend: 0.02, slowDelivery: 0.2, lostDelivery: 0.05 },
    ...{ duplicate: 0.2, rewind: 20, crashes: 8, outages: 2, outageMs: 6_000, clockJumps: 2, jumpMs: 30_000 },
    ...{ skewMs: 200, viewLagMs: 3_000, agentRestarts: 3, machineDeaths: 2, lessorFault: 0.1 },
  },
];

/** Decides what goes wrong, and counts it. Off, everything goes well and takes a moment. */
export class Faults {
  active = true;
  readonly injected = new Map<string, number>();
  private readonly store: Chance;
  private readonly bus: Chance;
  readonly lessor: Chance;

  constructor(
    readonly profile: FaultProfile,
    chance: Chance,
  ) {
    this.store = chance.fork('store');
    this.bus = chance.fork('bus');
    this.lessor = chance.fork('lessor');
  }

  count(fault: string): void {
    this.injected.set(fault, (this.injected.get(fault) ?? 0) + 1);
  }

  happens(chance: Chance, probability: number, fault: string): boolean {
    const does = this.active && chance.is(probability);
    if (does) this.count(fault);
    return does;
  }

  append(): AppendFault | undefined {
    const { crashPerAppend, lostPerAppend } = this.profile;
    if (this.happens(this.store, crashPerAppend, 'crash at an append')) {
      return this.store.is(0.5) ? 'crash-before' : 'crash-after';
    }
    if (!this.happens(this.store, lostPerAppend, 'append of unknown outcome')) return undefined;
    return this.store.is(0.5) ? 'lost-before' : 'lost-after';
  }

  storeLatencyMs(): number {
    return this.store.between(0, 3);
  }

  relayDelayMs(): number {
    return this.bus.between(0, 5);
  }

  deliveryDelayMs(): number {
    const { lostDelivery, slowDelivery } = this.profile;
    if (this.happens(this.bus, lostDelivery, 'lost delivery')) return this.bus.between(500, 5_000);
    if (this.happens(this.bus, slowDelivery, 'slow delivery')) return this.bus.between(100, 4_000);
    return this.bus.between(0, 8);
  }

  duplicateAfterMs(): number | undefined {
    const repeats = this.happens(this.bus, this.profile.duplicate, 'duplicate delivery');
    return repeats ? this.bus.between(0, this.bus.is(0.5) ? 50 : 60_000) : undefined;
  }

  /** A repeat that the bus cannot tell from a first delivery. */
  repeatIsUnknown(): boolean {
    return this.bus.is(0.3);
  }

  rewind(): number {
    return this.active ? this.bus.between(0, this.profile.rewind) : 0;
  }
}
