import { setMaxListeners } from 'node:events';
import { Logger } from '@nestjs/common';
import { SolyxError } from '@solyx/kernel';
import { sleep } from './backoff';
import { tickSubscriptionsOf } from './on-event';
import { inSpan, SERVICE } from './tracing';

interface Tick {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<void>;
}

type Methods = Record<string, (() => Promise<void> | void) | undefined>;

/** Methods decorated with `@OnTick`. */
export function ticksOf(instances: Iterable<object>): readonly Tick[] {
  return [...instances].flatMap((instance) =>
    tickSubscriptionsOf(instance).map(({ everyMs, method }) => ({
      name: `${instance.constructor.name}.${method}`,
      everyMs,
      run: async () => (instance as Methods)[method]?.(),
    })),
  );
}

/** Calls each tick about as often as it says, never twice at a time; a failure is told and the next call comes all the same. */
export class TickScheduler {
  private readonly logger = new Logger('Ticks');
  private readonly stopping = new AbortController();
  private running: readonly Promise<void>[] = [];

  constructor(
    private readonly ticks: readonly Tick[],
    private readonly context: string,
  ) {
    // Each tick waits for it; more than ten of them are no leak.
    setMaxListeners(0, this.stopping.signal);
  }

  start(): void {
    this.running = this.ticks.map((tick) => this.loop(tick));
  }

  /** Begins no tick more; resolves once those that run have ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  private async loop(tick: Tick): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        const attributes = { [SERVICE]: this.context };
        await inSpan({ name: `tick ${tick.name}`, kind: 'internal', attributes }, () => tick.run());
      } catch (thrown) {
        const error = SolyxError.from(thrown);
        const told = `${tick.name}: ${error.code} ${error.message}`;
        if (error.retryable) this.logger.warn(told);
        else this.logger.error(told, thrown instanceof Error ? thrown.stack : undefined);
      }
      await sleep(Math.max(0, tick.everyMs - (performance.now() - begun)), signal);
    }
  }
}
