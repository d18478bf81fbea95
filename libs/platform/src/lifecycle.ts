import type { Logger } from 'pino';

/** A process is gone this long after it was asked to end, whatever hangs. */
const DRAIN_MS = 8_000;

interface Member {
  readonly logger: Logger;
  readonly drain: () => Promise<void>;
}

/**
 * The end of a process, shared by all services in it: a signal, or the loss of the launcher, drains every member, then
 * the process exits with 0. What nobody caught is logged, and the process exits with 1.
 */
class ProcessLifecycle {
  private readonly members = new Set<Member>();
  private watching = false;
  private ending: Promise<void> | undefined;

  /** Register first of all, so that no signal finds nobody. */
  join(member: Member): void {
    this.members.add(member);
    if (this.watching) return;
    this.watching = true;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.end(0, signal));
    // Without its launcher this process has no reason to live.
    if (process.channel) process.once('disconnect', () => void this.end(0, 'the launcher is gone'));
    process.on('unhandledRejection', (error) => void this.die(error, 'a promise was rejected and nobody noticed'));
    process.on('uncaughtException', (error) => void this.die(error, 'an error was thrown and nobody caught it'));
  }

  leave(member: Member): void {
    this.members.delete(member);
  }

  /** Drains all, at most 8 s, and exits. A second call waits for the first. */
  end(code: number, reason: string): Promise<void> {
    this.ending ??= this.drainAll(code, reason);
    return this.ending;
  }

  async die(error: unknown, message: string): Promise<void> {
    for (const { logger } of this.members) logger.fatal({ err: error }, message);
    await this.end(1, message);
  }

  private async drainAll(code: number, reason: string): Promise<void> {
    const members = [...this.members];
    for (const { logger } of members) logger.info({ reason }, 'draining');
    let status = code;
    const late = new Promise<void>((resolve) => {
      setTimeout(resolve, DRAIN_MS).unref();
    });
    const drained = Promise.all(
      members.map(async ({ logger, drain }) => {
        try {
          await drain();
        } catch (error) {
          status = 1;
          logger.error({ err: error }, 'did not drain');
        }
      }),
    );
    await Promise.race([drained, late]);
    process.exit(status);
  }
}

export const lifecycle = new ProcessLifecycle();
