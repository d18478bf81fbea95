import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, SolyxError } from '@solyx/kernel';
import { Timers, type Timer } from '../application/timers';

/** setTimeout counts in 32 bits. */
const WAIT_MAX_MS = 2 ** 31 - 1;

/** Timers of Node.js. What is still set when the service ends is taken up again at its next start. */
@Injectable()
export class SystemTimers extends Timers implements OnApplicationShutdown {
  private readonly logger = new Logger('Timers');
  private readonly pending = new Set<NodeJS.Timeout>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override at(atMs: number, work: () => Promise<void>): Timer {
    const wait = Math.min(Math.max(0, atMs - this.clock.now()), WAIT_MAX_MS);
    const timeout = setTimeout(() => {
      this.pending.delete(timeout);
      void this.run(work);
    }, wait);
    timeout.unref();
    this.pending.add(timeout);
    return {
      cancel: () => {
        clearTimeout(timeout);
        this.pending.delete(timeout);
      },
    };
  }

  private async run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const { code, message } = SolyxError.from(thrown);
      this.logger.warn(`a timed step failed and is tried again: ${code} ${message}`);
    }
  }

  onApplicationShutdown(): void {
    for (const timeout of this.pending) clearTimeout(timeout);
    this.pending.clear();
  }
}
