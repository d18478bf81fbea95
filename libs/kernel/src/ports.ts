import { randomBytes, randomUUID } from 'node:crypto';
import { deriveId } from './hashing';

/** Wall clock as an argument. Abstract classes, so that they are injection tokens too. */
export abstract class Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  abstract now(): number;
  /** ISO 8601 UTC with milliseconds. */
  iso(): string {
    return new Date(this.now()).toISOString();
  }
}

export abstract class Ids {
  abstract next(): string;
}

export abstract class Random {
  /** Uniform in [0, 1). */
  abstract next(): number;
}

export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}

export class SystemIds extends Ids {
  override next(): string {
    return randomUUID();
  }
}

export class SystemRandom extends Random {
  override next(): number {
    return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
  }
}

/** A clock that moves only when told. */
export class ManualClock extends Clock {
  constructor(private millis = Date.UTC(2026, 0, 1)) {
    super();
  }
  override now(): number {
    return this.millis;
  }
  advance(millis: number): void {
    this.millis += Math.max(0, millis);
  }
}

export class SeededIds extends Ids {
  private count = 0;
  constructor(private readonly seed: string | number) {
    super();
  }
  override next(): string {
    this.count += 1;
    return deriveId('seeded', this.seed, this.count);
  }
}

/** mulberry32: 32 bits of state, the same sequence on every machine. */
export class SeededRandom extends Random {
  constructor(private state: number) {
    super();
  }
  override next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  /** Integer in [0, bound). */
  int(bound: number): number {
    return Math.floor(this.next() * bound);
  }
}
