import type { Offer } from '@solyx/contracts';
import { currency } from '@solyx/drm';
import { Agenda } from '../replay/heap';
import { generator, YEAR_SECONDS, type MoneyJob } from './demand';
import { SHARED_NODE } from './market';
import {
  loadOf,
  OWNED_GPUS_PER_NODE,
  perHour,
  RATES,
  STANDING,
  type MoneyPolicy,
  type MoneyView,
  type Node,
  type Option,
} from './ways';

const HOUR = 3_600n;
/** A leased node that nobody used for so long goes back. */
const IDLE_SECONDS = 600;
/** Work is saved so often. */
const SAVED_SECONDS = 3_600;
/** To save, to stop, and to begin elsewhere; what must be left of the work for that; and moves at one instant. */
const MOVE_SECONDS = 60;
const MOVE_WORTH = 900;
const MOVES_MAX = 4;
/** A job that keeps being evicted is taken to end all the same. */
const ATTEMPTS_MAX = 50;

export interface MoneySetting {
  readonly offers: readonly Offer[];
  readonly ownedNodes: number;
  readonly sharedNodes: number;
  readonly seed: number;
}

export interface MoneyResult {
  readonly policy: string;
  readonly jobs: number;
  /** Micro-USD. */
  readonly owned: bigint;
  readonly energy: bigint;
  readonly leased: bigint;
  readonly shared: bigint;
  readonly egress: bigint;
  readonly total: bigint;
  readonly meanWait: number;
  readonly evictions: number;
  readonly ownedBusy: number;
  readonly leases: number;
  readonly moves: number;
}

interface Held {
  readonly node: Node;
  readonly begun: number;
  readonly evictedAt: number;
}

/** A year of jobs under one policy. Every job begins at once: on a node that is there, or on one that it leases. */
class Year {
  private readonly nodes: Node[] = [];
  private readonly agenda = new Agenda();
  private readonly held = new Map<number, Held>();
  private readonly left: Float64Array;
  private readonly attempts: Int32Array;
  private readonly leasedOf = new Map<string, number>();
  private now = 0;
  private readonly spent = { leased: 0n, shared: 0n, egress: 0n, energy: 0n };
  private waits = 0;
  private evictions = 0;
  private leases = 0;
  private moves = 0;
  private busySeconds = 0;
  private nextId = 0;

  constructor(
    private readonly jobs: readonly MoneyJob[],
    private readonly setting: MoneySetting,
    private readonly policy: MoneyPolicy,
  ) {
    this.left = Float64Array.from(jobs, ({ seconds }) => seconds);
    this.attempts = new Int32Array(jobs.length);
    for (let node = 0; node < setting.ownedNodes; node += 1) this.add('owned', OWNED_GPUS_PER_NODE, undefined, 0);
    for (let node = 0; node < setting.sharedNodes; node += 1) this.add('shared', SHARED_NODE.gpus, undefined, 0);
  }

  run(): MoneyResult {
    let arrived = 0;
    for (;;) {
      const arrival = this.jobs[arrived]?.arrivedAt ?? Number.POSITIVE_INFINITY;
      const end = this.agenda.next ?? Number.POSITIVE_INFINITY;
      if (arrival === end && arrival === Number.POSITIVE_INFINITY) break;
      if (end <= arrival) {
        this.now = end;
        this.stop();
        continue;
      }
      this.now = arrival;
      this.begin(arrived);
      arrived += 1;
    }
    this.now += YEAR_SECONDS;
    this.giveBackIdle();
    return this.result();
  }

  private add(source: Node['source'], gpus: number, offer: Offer | undefined, bootSeconds: number): Node {
    const upAt = this.now + bootSeconds;
    const node: Node = {
      id: this.nextId,
      source,
      gpus,
      offer,
      begun: this.now,
      upAt,
      free: gpus,
      idleSince: this.now,
      heldUntil: 0,
    };
    this.nextId += 1;
    this.nodes.push(node);
    return node;
  }

  private view(): MoneyView {
    const ownedFree = this.nodes.reduce((sum, { source, free }) => sum + (source === 'owned' ? free : 0), 0);
    return { now: this.now, ownedGpus: this.setting.ownedNodes * OWNED_GPUS_PER_NODE, ownedFree };
  }

  private options(job: MoneyJob): readonly Option[] {
    const there = (source: Node['source']): readonly Option[] =>
      this.nodes
        .filter((node) => node.source === source && node.free >= job.gpus && fitsOffer(node.offer, job))
        .map((node) => ({ source, offer: node.offer, node, left: node.free - job.gpus }));
    const offers = this.setting.offers
      .filter((offer) => offer.gpusPerNode >= job.gpus && fitsOffer(offer, job))
      .filter(({ offerId, available }) => (this.leasedOf.get(offerId) ?? 0) < available)
      .map((offer) => ({ source: 'offer' as const, offer, node: undefined, left: offer.gpusPerNode - job.gpus }));
    return [...there('owned'), ...there('leased'), ...there('shared'), ...offers];
  }

  private begin(place: number): void {
    this.giveBackIdle();
    const one = this.jobs[place];
    if (!one) return;
    const job = { ...one, seconds: Math.max(1, Math.round(this.left[place] ?? 1)) };
    const view = this.view();
    let [best, least]: [Option | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const option of this.options(job)) {
      const cost = this.policy.cost(option, job, view, least);
      if (cost < least) [best, least] = [option, cost];
    }
    if (!best) throw new RangeError(`No way for a job of ${job.gpus} GPUs: more offers are needed.`);
    this.policy.learn?.(view, best.source, least / job.gpus);
    const node = best.node ?? this.lease(best.offer);
    if (node) this.hold(place, job, node);
  }

  private lease(offer: Offer | undefined): Node | undefined {
    if (!offer) return undefined;
    this.leases += 1;
    this.leasedOf.set(offer.offerId, (this.leasedOf.get(offer.offerId) ?? 0) + 1);
    return this.add('leased', offer.gpusPerNode, offer, offer.bootSeconds);
  }

  private hold(place: number, job: MoneyJob, node: Node): void {
    const begun = Math.max(this.now, node.upAt);
    node.free -= job.gpus;
    this.waits += begun - this.now;
    const region = node.offer?.region ?? (node.source === 'shared' ? 'eu-' : undefined);
    this.spent.egress += loadOf(job, region).egressMicroUsd;
    const attempt = (this.attempts[place] ?? 0) + 1;
    this.attempts[place] = attempt;
    const evictedAt = begun + this.lifeOf(place, attempt, node);
    node.heldUntil = Math.max(node.heldUntil, begun + job.seconds);
    this.held.set(place, { node, begun, evictedAt });
    this.agenda.add(Math.min(begun + job.seconds, evictedAt), place, attempt);
  }

  /** Seconds until the node is taken away: the same chance for the same job and attempt under every policy. */
  private lifeOf(place: number, attempt: number, { source, offer }: Node): number {
    const perMille = source === 'shared' ? 1_000 - SHARED_NODE.healthPerMille : (offer?.evictionPerMilleHour ?? 0);
    if (source === 'owned' || perMille === 0 || attempt >= ATTEMPTS_MAX) return Number.POSITIVE_INFINITY;
    const chance = generator(this.setting.seed ^ Math.imul(place * 64 + attempt, 0x9e3779b1))();
    return Math.max(1, Math.round((-Math.log(1 - chance) * 3_600 * 1_000) / perMille));
  }

  private stop(): void {
    const { job: place, attempt } = this.agenda.take();
    if (this.attempts[place] !== attempt) return;
    const held = this.held.get(place);
    const job = this.jobs[place];
    if (!held || !job) return;
    this.held.delete(place);
    const { node, begun, evictedAt } = held;
    const ran = this.now - begun;
    node.free += job.gpus;
    if (node.free === node.gpus) node.idleSince = this.now;
    this.pay(node, job, ran);
    if (evictedAt > this.now || ran >= (this.left[place] ?? 0)) {
      if (this.policy.comesHome === true && node.source === 'owned') this.comeHome();
      return;
    }
    this.evictions += 1;
    const saved = Math.floor(ran / SAVED_SECONDS) * SAVED_SECONDS;
    this.left[place] = Math.max(1, (this.left[place] ?? 0) - saved);
    this.waits += ran - saved;
    this.begin(place);
  }

  /** Leased work that has long to go moves to owned GPUs that are free, from the emptiest nodes first. */
  private comeHome(): void {
    const used = (node: Node): number => node.gpus - node.free;
    const away = [...this.held]
      .filter(
        ([place, { node, begun }]) => node.source === 'leased' && begun < this.now && this.goesOn(place) > MOVE_WORTH,
      )
      .sort(([a, one], [b, other]) => used(one.node) - used(other.node) || a - b);
    let moved = 0;
    for (const [place, held] of away) {
      const job = this.jobs[place];
      if (!job || moved >= MOVES_MAX) return;
      const home = this.nodes
        .filter(({ source, free }) => source === 'owned' && free >= job.gpus)
        .sort((a, b) => a.free - b.free || a.id - b.id)[0];
      if (!home) continue;
      [moved, this.moves] = [moved + 1, this.moves + 1];
      const left = this.goesOn(place) + MOVE_SECONDS;
      held.node.free += job.gpus;
      if (held.node.free === held.node.gpus) held.node.idleSince = this.now;
      this.left[place] = left;
      this.waits += MOVE_SECONDS;
      this.hold(place, { ...job, seconds: left }, home);
    }
  }

  /** Seconds of work that a running job still has. */
  private goesOn(place: number): number {
    const begun = this.held.get(place)?.begun ?? this.now;
    return Math.round(Math.max(0, (this.left[place] ?? 0) - (this.now - begun)));
  }

  private pay({ source, gpus }: Node, job: MoneyJob, ran: number): void {
    const gpuSeconds = BigInt(job.gpus) * BigInt(Math.round(ran));
    if (source === 'owned') {
      this.spent.energy += (gpuSeconds * (perHour(RATES.energy) + perHour(RATES.wear))) / HOUR;
      this.busySeconds += Number(gpuSeconds);
    }
    if (source === 'shared') {
      this.spent.shared += (gpuSeconds * BigInt(SHARED_NODE.costMicroUsdPerHour)) / (HOUR * BigInt(gpus));
    }
  }

  /** Leased nodes that nobody used for a while go back, and what they cost is known. */
  private giveBackIdle(): void {
    for (let place = this.nodes.length - 1; place >= 0; place -= 1) {
      const node = this.nodes[place];
      if (!node?.offer || node.free < node.gpus) continue;
      const paidUntil = node.begun + node.offer.minimumSeconds;
      const until = Math.max(paidUntil, node.idleSince + IDLE_SECONDS);
      if (until > this.now) continue;
      const billed = BigInt(currency.billedSeconds(node.offer, until - node.begun));
      this.spent.leased += (BigInt(node.offer.priceMicroUsdPerHour) * billed) / HOUR;
      this.leasedOf.set(node.offer.offerId, (this.leasedOf.get(node.offer.offerId) ?? 1) - 1);
      this.nodes.splice(place, 1);
    }
  }

  private result(): MoneyResult {
    const gpus = BigInt(this.setting.ownedNodes * OWNED_GPUS_PER_NODE);
    const owned = gpus * STANDING * (BigInt(YEAR_SECONDS) / HOUR);
    const { leased, shared, egress, energy } = this.spent;
    return {
      policy: this.policy.name,
      jobs: this.jobs.length,
      owned,
      energy,
      leased,
      shared,
      egress,
      total: owned + energy + leased + shared + egress,
      meanWait: this.waits / this.jobs.length,
      evictions: this.evictions,
      ownedBusy: this.busySeconds / (Number(gpus) * YEAR_SECONDS),
      leases: this.leases,
      moves: this.moves,
    };
  }
}

const fitsOffer = (offer: Offer | undefined, job: MoneyJob): boolean => {
  if (!offer) return true;
  const load = loadOf(job, undefined);
  return offer.cpuMilli >= load.cpuMilli && offer.memoryMiB >= load.memoryMiB;
};

/** Plays jobs that are in order of arrival. */
export const playYear = (jobs: readonly MoneyJob[], setting: MoneySetting, policy: MoneyPolicy): MoneyResult =>
  new Year(jobs, setting, policy).run();
