import type { ContextName } from '@solyx/eventing';
import type { HealthReport } from '@solyx/platform';

/** Asks services how they are. */
export abstract class ServiceHealth {
  /** Its report; undefined where none came within the time. Never rejects. */
  abstract ask(context: ContextName, withinMs: number): Promise<HealthReport | undefined>;
}
