import { reasonOf } from '@solyx/contracts';
import type { CommandContext, Outcome, Streams } from '@solyx/eventing';
import { SolyxError, type Command, type Decider, type DomainEvent } from '@solyx/kernel';

/** One command on one stream. */
export interface Wish<C extends Command, S, E extends DomainEvent, R extends string> {
  readonly decider: Decider<C, S, E, R>;
  readonly id: string;
  readonly command: C;
  readonly context: CommandContext;
}

type Accepted<S, E> = Extract<Outcome<S, E, string>, { accepted: true }>;

const notYet = (stream: string, reason: string, details: Readonly<Record<string, string | number>>): SolyxError =>
  new SolyxError('Unavailable', `${stream}: ${reasonOf(reason).message}`, details, {
    reason,
    hint: reasonOf(reason).hint,
  });

/**
 * Transacts what only lacks an earlier fact that may come later. A recorded refusal would stand for ever, so as long as
 * the command would be refused this throws Unavailable instead, and the event is delivered again.
 */
export async function transactWhenReady<C extends Command, S, E extends DomainEvent, R extends string>(
  streams: Streams,
  { decider, id, command, context }: Wish<C, S, E, R>,
): Promise<Accepted<S, E>> {
  const stream = `${decider.name}-${id}`;
  const { state } = await streams.load<S, E>(decider, id);
  const decision = decider.decide(command, state);
  if (!decision.accepted) throw notYet(stream, decision.reason, decision.details);
  const outcome = await streams.transact(decider, id, command, context);
  if (!outcome.accepted) throw notYet(stream, outcome.reason, outcome.details);
  return outcome;
}
