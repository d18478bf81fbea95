import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buildSchema, isObjectType, isUnionType, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { Operation } from '../../application/operation';
import { defineScalars } from './scalars';

/** What resolvers get, whatever executes them. */
export interface GraphqlContext {
  readonly operation: Operation;
}

export type Resolver = GraphQLFieldResolver<unknown, GraphqlContext, never>;
/** Where a subscription begins: the source of its items, which the caller may leave at any time. */
export type Source = (args: never, context: GraphqlContext, signal: AbortSignal) => AsyncIterable<unknown>;

export interface Resolvers {
  readonly Query: Readonly<Record<string, Resolver>>;
  readonly Mutation: Readonly<Record<string, Resolver>>;
  readonly Subscription: Readonly<Record<string, Source>>;
}

/** The published schema, beside `src` and `dist`. */
export const SDL_PATH = path.join(__dirname, '..', '..', '..', 'schema.graphql');
export const readSdl = (): string => readFileSync(SDL_PATH, 'utf8');

/**
 * The published schema with its resolvers. Every root field must have one, and every resolver a field. Rows have the
 * shape of their types, so that no other field needs code; unions are told apart by `__typename`, synchronously,
 * because compiled queries cannot wait for a type.
 */
export function makeSchema(sdl: string, resolvers: Resolvers): GraphQLSchema {
  const schema = buildSchema(sdl);
  defineScalars(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isUnionType(type)) type.resolveType = (value: { readonly __typename?: string }) => value.__typename;
  }
  for (const [name, fields] of Object.entries(resolvers) as [keyof Resolvers, Resolvers[keyof Resolvers]][]) {
    const type = schema.getType(name);
    const known = isObjectType(type) ? type.getFields() : {};
    const missing = Object.keys(known).filter((field) => !(field in fields));
    if (missing.length > 0) throw new Error(`${name} has no resolver for ${missing.join(', ')}`);
    for (const [field, resolver] of Object.entries(fields)) {
      const target = known[field];
      if (!target) throw new Error(`the schema has no field ${name}.${field}`);
      if (name === 'Subscription') {
        target.subscribe = (_root, args, context) =>
          leavable((signal) => (resolver as Source)(args as never, context as GraphqlContext, signal));
        target.resolve = (item: unknown) => item;
      } else target.resolve = resolver as GraphQLFieldResolver<unknown, unknown>;
    }
  }
  return schema;
}

/** An iterator that can be left while it waits: leaving aborts what it waits for. */
export function leavable<T>(begin: (signal: AbortSignal) => AsyncIterable<T>): AsyncIterableIterator<T> {
  const controller = new AbortController();
  const inner = begin(controller.signal)[Symbol.asyncIterator]();
  const done = { value: undefined as unknown as T, done: true } as const;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: async () => (controller.signal.aborted ? done : inner.next()),
    return: async () => {
      controller.abort();
      void Promise.resolve(inner.return?.()).catch(() => undefined);
      return Promise.resolve(done);
    },
    throw: async (error: unknown) => {
      controller.abort();
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    },
  };
}
