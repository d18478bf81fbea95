import type { ContextName, NatsLink } from '@solyx/eventing';
import type { Health } from './health';
import { healthSubjectOf } from './nats-permissions';

/** Who asks on the bus waits one second for everybody; a check that hangs is told as such within that. */
const CHECK_WITHIN_MS = 700;
const encoder = new TextEncoder();

/**
 * Answers requests on `health.<context>` with the readiness report, as JSON. One instance of the service answers each.
 * Begins again where the connection was closed; ends with the link. Never rejects.
 */
export async function answerHealth(link: NatsLink, context: ContextName, health: Health): Promise<void> {
  for (;;) {
    const connection = await link.connection().catch(() => undefined);
    if (!connection) return;
    connection.subscribe(healthSubjectOf(context), {
      queue: context,
      callback: (error, message) => {
        if (error) return;
        void health
          .report(CHECK_WITHIN_MS)
          .then((report) => message.respond(encoder.encode(JSON.stringify(report))))
          .catch(() => undefined);
      },
    });
    await connection.closed();
  }
}
