import 'reflect-metadata';
import { eventSubscriptionsOf, tickSubscriptionsOf } from '@solyx/eventing';

export type Token<T = unknown> = abstract new (...args: never[]) => T;
type Class = new (...args: unknown[]) => object;
type Provided = {
  readonly provide: Token;
  readonly useClass?: Class;
  readonly useValue?: unknown;
  readonly inject?: readonly Token[];
  readonly useFactory?: (...args: unknown[]) => unknown;
};
type Provider = Class | Provided;

const isClass = (provider: Provider): provider is Class => typeof provider === 'function';

/**
 * Builds the classes of a Nest module without Nest: the module's own list of providers, the parameter types that the
 * compiler wrote down, and in place of what touches the world an override. What nobody asks for is never built.
 */
export class Injector {
  private readonly providers = new Map<Token, Provider>();
  private readonly made = new Map<Token, unknown>();
  private readonly making = new Set<Token>();

  constructor(
    private readonly module: Token,
    overrides: ReadonlyMap<Token, unknown>,
  ) {
    const listed = (Reflect.getMetadata('providers', module) ?? []) as readonly Provider[];
    for (const provider of listed) this.providers.set(isClass(provider) ? provider : provider.provide, provider);
    for (const [token, value] of overrides) this.made.set(token, value);
  }

  has(token: Token): boolean {
    return this.made.has(token) || this.providers.has(token);
  }

  get<T>(token: Token<T>): T {
    if (this.made.has(token)) return this.made.get(token) as T;
    if (this.making.has(token)) throw new Error(`${token.name} needs itself, in ${this.module.name}`);
    this.making.add(token);
    const value = this.make(token);
    this.making.delete(token);
    this.made.set(token, value);
    return value as T;
  }

  /** One instance of each provided class that hears events or ticks, in the module's order. */
  listeners(): readonly object[] {
    return [...this.providers.values()].flatMap((provider) => {
      const made = isClass(provider) ? provider : provider.useClass;
      if (!made) return [];
      const shape = Object.create(made.prototype as object) as object;
      const hears = eventSubscriptionsOf(shape).length + tickSubscriptionsOf(shape).length > 0;
      return hears ? [this.get(isClass(provider) ? provider : provider.provide) as object] : [];
    });
  }

  private make(token: Token): unknown {
    const provider = this.providers.get(token);
    if (!provider) throw new Error(`${this.module.name} provides no ${token.name}, and nothing stands in for it`);
    if (isClass(provider)) return this.construct(provider);
    if (provider.useClass) return this.construct(provider.useClass);
    if (provider.useFactory) return provider.useFactory(...(provider.inject ?? []).map((one) => this.get(one)));
    return provider.useValue;
  }

  private construct(made: Class): object {
    const wanted = (Reflect.getMetadata('design:paramtypes', made) ?? []) as readonly (Token | undefined)[];
    const parameters = wanted.map((one, place) => {
      if (one === undefined) throw new Error(`parameter ${place} of ${made.name} was imported as a type only`);
      return this.get(one);
    });
    return new made(...parameters);
  }
}
