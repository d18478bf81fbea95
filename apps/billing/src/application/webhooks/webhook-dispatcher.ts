import { Logger } from '@nestjs/common';
import { backoffMs, sleep } from '@solyx/eventing';
import { SolyxError, type Clock, type Random } from '@solyx/kernel';
import { FULL_PACE, paceAfter, type Pace } from '../../domain/webhooks/pace';
import { WakeUp } from './wake-up';
import type { WebhookBoard } from './webhook-board';
import type { Sent, WebhookSender } from './webhook-sender';
import type { DueDelivery, Settlement, WebhookStore } from './webhook-store';

/** Requests under way at once, of all endpoints together. */
export const SENDING_MAX = 256;
/** Deliveries of one endpoint that are loaded at once. */
const LOADED_MAX = 32;
/** Endpoints that one query asks for. */
const ENDPOINTS_PER_LOAD = 64;
/** Deliveries of one endpoint whose results are not stored yet. */
const UNSETTLED_MAX = 256;
/** Results that one transaction takes. */
const SETTLED_MAX = 256;
/** Without any sign it looks again after so long. */
const LOOK_EVERY_MS = 1_000;
/** What could not be tried, for want of a key perhaps, is looked at again after so long. */
const TRY_AGAIN_MS = 5_000;
/** What is under way when the lead is lost may take so long to end. */
const DRAIN_MS = 3_000;
const RETRY = { firstMs: 50, mostMs: 2_000 };

export interface DispatcherParts {
  readonly store: WebhookStore;
  readonly sender: WebhookSender;
  readonly clock: Clock;
  readonly random: Random;
  readonly board: WebhookBoard;
  readonly epoch: bigint;
  inTurn<T>(write: () => Promise<T>): Promise<T>;
  /** After results are stored. */
  onSettled(sent: readonly Sent[]): void;
}

/** One endpoint's turn. */
interface Line {
  readonly endpointId: string;
  readonly ready: DueDelivery[];
  /** Requests under way. */
  open: number;
  /** Deliveries whose result is not stored yet, those under way among them. */
  readonly unsettled: Set<string>;
  pace: Pace;
  /** The store may hold what is not loaded. */
  dirty: boolean;
  /** Milliseconds since 1970; infinite where nothing is known to come. */
  nextAt: number;
}

/**
 * Sends what is due: endpoints take turns, one delivery each, and each has its own pace and its own limit, so a slow one
 * holds its own slots and nobody else's. What comes next of a resource waits until the result before it is stored.
 */
export class WebhookDispatcher {
  private readonly logger = new Logger('WebhookDispatcher');
  private readonly stopping = new AbortController();
  private readonly abandoning = new AbortController();
  private readonly lines = new Map<string, Line>();
  private readonly results: Sent[] = [];
  private sending = 0;
  /** Where the next round begins, so that the first in line is not always the same. */
  private turn = 0;
  private readonly due = new WakeUp();
  private readonly came = new WakeUp();
  private settling: Promise<void> = Promise.resolve();
  private running: Promise<void> = Promise.resolve();
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly parts: DispatcherParts) {}

  start(): void {
    this.touch(this.parts.board.ids());
    this.running = this.run();
    this.settling = this.settle();
  }

  /** Begins no request more, gives those under way a moment to end, and stores what came back. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.due.notify();
    await this.running;
    const late = setTimeout(() => this.abandoning.abort(), DRAIN_MS);
    await Promise.all(this.underWay);
    clearTimeout(late);
    this.came.notify();
    await this.settling;
  }

  /** Something may be due for these. */
  touch(endpointIds: Iterable<string>): void {
    for (const endpointId of endpointIds) this.lineOf(endpointId).dirty = true;
    this.due.notify();
  }

  private isOver(): boolean {
    return this.stopping.signal.aborted;
  }

  private lineOf(endpointId: string): Line {
    const known = this.lines.get(endpointId);
    if (known) return known;
    const line: Line = {
      endpointId,
      ready: [],
      open: 0,
      unsettled: new Set(),
      pace: FULL_PACE,
      dirty: true,
      nextAt: Infinity,
    };
    this.lines.set(endpointId, line);
    return line;
  }

  private async run(): Promise<void> {
    for (let attempt = 1; !this.isOver();) {
      try {
        await this.load();
        attempt = 1;
      } catch (thrown) {
        this.logger.warn(`${SolyxError.from(thrown).message}; tried again`);
        await sleep(backoffMs(attempt, RETRY, this.parts.random), this.stopping.signal);
        attempt += 1;
      }
      this.send();
      await this.rest();
    }
  }

  /** May this endpoint be sent something now? */
  private isOpen({ endpointId, pace, open, unsettled }: Line, now: number): boolean {
    if (pace.notBefore > now || open >= pace.atOnce || unsettled.size >= UNSETTLED_MAX) return false;
    return this.parts.board.get(endpointId)?.endpoint.phase === 'Enabled';
  }

  private async load(): Promise<void> {
    const now = this.parts.clock.now();
    const wanting = [...this.lines.values()].filter(
      (line) => line.ready.length === 0 && (line.dirty || line.nextAt <= now) && this.isOpen(line, now),
    );
    for (let from = 0; from < wanting.length && !this.isOver(); from += ENDPOINTS_PER_LOAD) {
      await this.loadSome(wanting.slice(from, from + ENDPOINTS_PER_LOAD));
    }
  }

  private async loadSome(lines: readonly Line[]): Promise<void> {
    // What is not settled still counts as waiting in the store, hence the larger limit.
    const limit = LOADED_MAX + Math.max(...lines.map(({ unsettled }) => unsettled.size));
    for (const line of lines) line.dirty = false;
    const found = new Map<string, DueDelivery[]>(lines.map(({ endpointId }) => [endpointId, []]));
    try {
      const ids = [...found.keys()];
      for (const delivery of await this.parts.store.due(ids, limit)) found.get(delivery.endpointId)?.push(delivery);
    } catch (error) {
      for (const line of lines) line.dirty = true;
      throw error;
    }
    const now = this.parts.clock.now();
    for (const line of lines) this.fill(line, found.get(line.endpointId) ?? [], { limit, now });
  }

  private fill(line: Line, found: readonly DueDelivery[], { limit, now }: { limit: number; now: number }): void {
    const waiting = found.filter(({ deliveryId }) => !line.unsettled.has(deliveryId));
    line.ready.push(...waiting.filter(({ nextAt }) => nextAt <= now));
    line.nextAt = waiting.find(({ nextAt }) => nextAt > now)?.nextAt ?? Infinity;
    // Ordered by time: where the last one is due, there may be more of them.
    const last = found[found.length - 1];
    if (found.length >= limit && last && last.nextAt <= now) line.dirty = true;
  }

  /** Rounds over all endpoints, one delivery each, until every slot is taken or nothing is left. */
  private send(): void {
    const now = this.parts.clock.now();
    let lines = [...this.lines.values()].filter(({ ready }) => ready.length > 0);
    while (lines.length > 0 && this.sending < SENDING_MAX && !this.isOver()) {
      this.turn = (this.turn + 1) % lines.length;
      const rotated = [...lines.slice(this.turn), ...lines.slice(0, this.turn)];
      lines = rotated.filter((line) => {
        if (this.sending >= SENDING_MAX || !this.isOpen(line, now)) return false;
        const delivery = line.ready.shift();
        if (delivery) this.begin(line, delivery);
        return line.ready.length > 0;
      });
    }
    this.dropStale();
  }

  /** What was loaded for an endpoint that is closed now is loaded again when it opens. */
  private dropStale(): void {
    for (const line of this.lines.values()) {
      const entry = this.parts.board.get(line.endpointId);
      if (entry?.endpoint.phase === 'Enabled') {
        // Bodies of who asked for a pause are not kept in memory meanwhile.
        if (line.pace.notBefore > this.parts.clock.now() && line.ready.length > 0) line.dirty = true;
        else continue;
      }
      line.ready.length = 0;
      if (!line.dirty) line.nextAt = Infinity;
      if (!entry || entry.endpoint.phase === 'Deleted') this.lines.delete(line.endpointId);
    }
  }

  private begin(line: Line, delivery: DueDelivery): void {
    const entry = this.parts.board.get(line.endpointId);
    if (!entry) return;
    line.unsettled.add(delivery.deliveryId);
    line.open += 1;
    this.sending += 1;
    const work = this.parts.sender.send(delivery, entry, this.abandoning.signal).then((sent) => {
      this.underWay.delete(work);
      line.open -= 1;
      this.sending -= 1;
      if (sent) this.results.push(sent);
      else this.putBack(line, delivery);
      this.came.notify();
      this.due.notify();
    });
    this.underWay.add(work);
  }

  /** It could not be tried (no key, no database, a stop): it stays due, but not at once. */
  private putBack(line: Line, { deliveryId }: DueDelivery): void {
    line.unsettled.delete(deliveryId);
    line.nextAt = Math.min(line.nextAt, this.parts.clock.now() + TRY_AGAIN_MS);
  }

  /** Until something changes, or the next delivery falls due, or a pause ends. */
  private async rest(): Promise<void> {
    if (this.isOver()) return;
    const now = this.parts.clock.now();
    let until = now + LOOK_EVERY_MS;
    for (const line of this.lines.values()) {
      // Who has no slot waits for a result, which wakes this loop by itself.
      const isFull = line.open >= line.pace.atOnce || line.unsettled.size >= UNSETTLED_MAX;
      if (this.sending >= SENDING_MAX || isFull) continue;
      const wanted = line.ready.length > 0 || line.dirty ? now : line.nextAt;
      if (this.parts.board.get(line.endpointId)?.endpoint.phase !== 'Enabled') continue;
      until = Math.min(until, Math.max(wanted, line.pace.notBefore));
    }
    if (until > now) await this.due.wait(until - now);
  }

  /** Stores results as they come, many at once. */
  private async settle(): Promise<void> {
    for (let attempt = 1; ;) {
      const batch = this.results.slice(0, SETTLED_MAX);
      if (batch.length === 0) {
        if (this.isOver() && this.underWay.size === 0) return;
        await this.came.wait(LOOK_EVERY_MS);
        continue;
      }
      try {
        await this.store(batch);
        attempt = 1;
      } catch (thrown) {
        const error = SolyxError.from(thrown);
        this.logger.warn(`results are not stored: ${error.message}; tried again`);
        // Another leads, or the database is gone while this ends: who comes next sends them once more.
        if (error.code === 'FailedPrecondition' || this.isOver()) return;
        await sleep(backoffMs(attempt, RETRY, this.parts.random), this.stopping.signal);
        attempt += 1;
      }
    }
  }

  private async store(batch: readonly Sent[]): Promise<void> {
    const { store, board, epoch } = this.parts;
    const settlements = this.settlementsOf(batch);
    await this.parts.inTurn(() => store.settle(settlements, epoch));
    this.results.splice(0, batch.length);
    for (const { delivery, phase, failingSince } of settlements) {
      board.setFailing(delivery.endpointId, failingSince);
      if (phase !== 'waiting') board.count(delivery.endpointId, -1);
    }
    const now = this.parts.clock.now();
    for (const { delivery, verdict, retryAfterMs } of batch) {
      const line = this.lineOf(delivery.endpointId);
      line.unsettled.delete(delivery.deliveryId);
      line.pace = paceAfter(line.pace, verdict, now, retryAfterMs);
      line.dirty = true;
    }
    this.parts.onSettled(batch);
    this.due.notify();
  }

  /** Since when nothing arrives is decided in the order in which the attempts ended. */
  private settlementsOf(batch: readonly Sent[]): readonly Settlement[] {
    const since = new Map<string, number | undefined>();
    return batch.map((sent) => {
      const { endpointId } = sent.delivery;
      const before = since.has(endpointId) ? since.get(endpointId) : this.parts.board.get(endpointId)?.failingSince;
      const failingSince = sent.verdict === 'delivered' ? undefined : (before ?? sent.endedAt);
      since.set(endpointId, failingSince);
      const { delivery, attempt, phase, nextAt } = sent;
      return {
        ...{ delivery, attempt, phase },
        ...(nextAt === undefined ? {} : { nextAt }),
        ...(failingSince === undefined ? {} : { failingSince }),
      };
    });
  }
}
