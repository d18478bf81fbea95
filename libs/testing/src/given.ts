import { fold, type Command, type Decider, type Decision, type DomainEvent } from '@solyx/kernel';
import { eventRegistry } from '@solyx/contracts';

export interface Then<E extends DomainEvent, R extends string> {
  then(...events: readonly E[]): void;
  thenNothing(): void;
  thenRefused(reason: R): void;
  /** For what a sentence cannot say: the decision itself. */
  readonly decision: Decision<E, R>;
}

const expectAccepted = <E extends DomainEvent, R extends string>(decision: Decision<E, R>): readonly E[] => {
  if (!decision.accepted) throw new Error(`refused: ${decision.reason} ${JSON.stringify(decision.details)}`);
  for (const event of decision.events) eventRegistry.validate(event);
  return decision.events;
};

/** `given(decider)(…past).when(command).then(…events)`: one behaviour, as a sentence. Events are validated too. */
export const given =
  <C extends Command, S, E extends DomainEvent, R extends string>(decider: Decider<C, S, E, R>) =>
  (...past: readonly E[]) => ({
    when(command: C): Then<E, R> {
      const decision = decider.decide(command, fold(decider, past));
      return {
        decision,
        then: (...events) => {
          expect(expectAccepted(decision)).toEqual(events);
        },
        thenNothing: () => {
          expect(expectAccepted(decision)).toEqual([]);
        },
        thenRefused: (reason) => {
          expect(decision).toMatchObject({ accepted: false, reason });
        },
      };
    },
  });

/** Runs commands one after another; refusals change nothing. */
export function replay<C extends Command, S, E extends DomainEvent, R extends string>(
  decider: Decider<C, S, E, R>,
  commands: Iterable<C>,
): { readonly state: S; readonly events: readonly E[]; readonly refusals: readonly R[] } {
  let state = decider.initial;
  const events: E[] = [];
  const refusals: R[] = [];
  for (const command of commands) {
    const decision = decider.decide(command, state);
    if (!decision.accepted) refusals.push(decision.reason);
    else {
      state = fold(decider, decision.events, state);
      events.push(...decision.events);
    }
  }
  return { state, events, refusals };
}
