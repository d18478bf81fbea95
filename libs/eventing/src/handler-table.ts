import type { Recorded } from '@solyx/kernel';
import { eventSubscriptionsOf, type Delivery } from './on-event';

export interface EventHandler {
  /** `<Class>.<method>`. */
  readonly name: string;
  handle(event: Recorded, delivery: Delivery): Promise<void>;
}

type Methods = Record<string, ((event: Recorded, delivery: Delivery) => Promise<void>) | undefined>;

/** Who hears what: methods decorated with `@OnEvent`, by event type, in the order in which the classes were given. */
export class HandlerTable {
  private readonly byType = new Map<string, EventHandler[]>();

  constructor(instances: Iterable<object>) {
    for (const instance of instances) {
      for (const { types, method } of eventSubscriptionsOf(instance)) {
        const handler: EventHandler = {
          name: `${instance.constructor.name}.${method}`,
          handle: async (event, delivery) => (instance as Methods)[method]?.(event, delivery),
        };
        for (const type of types) this.byType.set(type, [...(this.byType.get(type) ?? []), handler]);
      }
    }
  }

  types(): readonly string[] {
    return [...this.byType.keys()];
  }

  handlersOf(type: string): readonly EventHandler[] {
    return this.byType.get(type) ?? [];
  }

  /** Every handler of the event, one after another; the first failure ends it. */
  async handle(event: Recorded, delivery: Delivery): Promise<void> {
    for (const handler of this.handlersOf(event.type)) await handler.handle(event, delivery);
  }
}
