import 'reflect-metadata';
import type { EventDefinition, Recorded } from '@solyx/kernel';

/** How a message reached its handler. */
export interface Delivery {
  /** 1 the first time. */
  readonly attempt: number;
  /** It may have been handled before (a crash, a retry, a repeat on the bus). */
  readonly redelivered: boolean;
}

export interface EventSubscription {
  readonly types: readonly string[];
  readonly method: string;
}

export interface TickSubscription {
  readonly everyMs: number;
  readonly method: string;
}

const EVENTS = Symbol('solyx:on-event');
const TICKS = Symbol('solyx:on-tick');

const add = (key: symbol, target: object, value: unknown): void => {
  const known = (Reflect.getOwnMetadata(key, target.constructor) ?? []) as unknown[];
  Reflect.defineMetadata(key, [...known, value], target.constructor);
};

/**
 * The method hears these events, at least once, in order per stream: `(event: Recorded<E>, delivery: Delivery)`.
 * Throwing a retryable SolyxError has it called again with backoff; any other error parks the event.
 */
export const OnEvent =
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any definition may be heard.
  (...definitions: readonly EventDefinition<string, any>[]): MethodDecorator =>
    (target, method) => {
      add(EVENTS, target, { types: definitions.map(({ type }) => type), method: String(method) });
    };

/** The method is called about this often while its service leads: `()`. It must be idempotent. */
export const OnTick =
  (everyMs: number): MethodDecorator =>
  (target, method) => {
    add(TICKS, target, { everyMs, method: String(method) });
  };

export const eventSubscriptionsOf = (instance: object): readonly EventSubscription[] =>
  (Reflect.getMetadata(EVENTS, instance.constructor) ?? []) as EventSubscription[];

export const tickSubscriptionsOf = (instance: object): readonly TickSubscription[] =>
  (Reflect.getMetadata(TICKS, instance.constructor) ?? []) as TickSubscription[];

export type EventHandlerMethod = (event: Recorded, delivery: Delivery) => Promise<void>;
