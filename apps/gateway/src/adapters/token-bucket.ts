import { LruMap } from '@solyx/eventing';
import type { BucketRule } from '../application/gateway-settings';

export interface Taken {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the bucket is full again. */
  readonly resetSeconds: number;
  /** Seconds until as many tokens are there as were asked for; 0 where they were. */
  readonly retryAfterSeconds: number;
}

const BUCKETS_MAX = 100_000;

/** Token buckets by name, in this process: each instance of the gateway allows the whole rate. */
export class TokenBuckets {
  private readonly buckets = new LruMap<string, { tokens: number; at: number }>(BUCKETS_MAX);

  constructor(private readonly now: () => number) {}

  take(name: string, rule: BucketRule, tokens: number): Taken {
    const at = this.now();
    const known = this.buckets.get(name) ?? { tokens: rule.burst, at };
    const filled = Math.min(rule.burst, known.tokens + (Math.max(0, at - known.at) / 1000) * rule.perSecond);
    // What costs more than a whole bucket is let through by a full one, and leaves it empty.
    const wanted = Math.min(tokens, rule.burst);
    const allowed = filled >= wanted;
    const left = allowed ? filled - wanted : filled;
    this.buckets.set(name, { tokens: left, at });
    return {
      allowed,
      limit: rule.burst,
      remaining: Math.floor(left),
      resetSeconds: Math.ceil((rule.burst - left) / rule.perSecond),
      retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((wanted - filled) / rule.perSecond)),
    };
  }
}
