import type { DomainEvent } from './message';

/** Turns the data of version n into that of n + 1. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** A published event: a function that makes it, and all that is known of it. */
export interface EventDefinition<Type extends string = string, Data = unknown> {
  (data: Data): DomainEvent<Type, Data>;
  readonly type: Type;
  readonly version: number;
  /** Class with class-validator decorators: the shape on the wire and in the store. */
  readonly schema: new () => Data;
  readonly upcasters: readonly Upcaster[];
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `any` lets each definition keep its own data type.
export type EventOf<D extends EventDefinition<string, any>> =
  D extends EventDefinition<infer Type, infer Data> ? DomainEvent<Type, Data> : never;

/** `<context>.<aggregate>.<fact>`: lower camel case context and aggregate, kebab-case fact. */
const TYPE = /^[a-z][a-zA-Z]*\.[a-z][a-zA-Z]*\.[a-z0-9]+(-[a-z0-9]+)*$/;

/** Declares an event. Refuses to load with a malformed name or an upcaster missing. */
export function defineEvent<Type extends string, Data>(
  type: Type,
  version: number,
  schema: new () => Data,
  upcasters: readonly Upcaster[] = [],
): EventDefinition<Type, Data> {
  if (!TYPE.test(type)) throw new Error(`event type "${type}" is not <context>.<aggregate>.<fact>`);
  if (upcasters.length !== version - 1) {
    throw new Error(`${type} v${version} needs ${version - 1} upcasters, has ${upcasters.length}`);
  }
  const make = (data: Data): DomainEvent<Type, Data> => ({ type, data });
  return Object.assign(make, { type, version, schema, upcasters });
}

/** The data as the newest version has it. */
export function upcast(
  definition: { readonly upcasters: readonly Upcaster[] },
  version: number,
  data: Record<string, unknown>,
): Record<string, unknown> {
  return definition.upcasters.slice(version - 1).reduce((older, upcaster) => upcaster(older), data);
}

/** The parts of an event type. */
export const partsOfType = (type: string): { context: string; aggregate: string; fact: string } => {
  const [context = '', aggregate = '', fact = ''] = type.split('.');
  return { context, aggregate, fact };
};
