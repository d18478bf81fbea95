import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { SolyxError, upcast, type DomainEvent, type EventDefinition } from '@solyx/kernel';
import { faultOfPlainData } from './plain-data';
import * as billing from './billing';
import * as cmo from './cmo';
import * as drm from './drm';
import { describeFault } from './faults';
import { isFitting } from './fitting';
import * as gateway from './gateway';
import * as optimizer from './optimizer';
import * as sdn from './sdn';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the registry holds definitions of every data type.
type AnyDefinition = EventDefinition<string, any>;

const isDefinition = (value: unknown): value is AnyDefinition =>
  typeof value === 'function' && 'upcasters' in value && 'schema' in value;

/** Every event that crosses a service: validated on write and on read. */
export class EventRegistry {
  private readonly definitions: ReadonlyMap<string, AnyDefinition>;

  constructor(definitions: Iterable<AnyDefinition>) {
    const map = new Map<string, AnyDefinition>();
    for (const definition of definitions) {
      if (map.has(definition.type)) throw new Error(`${definition.type} is defined twice`);
      map.set(definition.type, definition);
    }
    this.definitions = map;
  }

  all(): readonly AnyDefinition[] {
    return [...this.definitions.values()];
  }

  get(type: string): AnyDefinition | undefined {
    return this.definitions.get(type);
  }

  /** The data, once it has been found right; throws InvalidArgument naming the first fault. */
  validate(event: DomainEvent, bytesMax = Number.POSITIVE_INFINITY): unknown {
    const definition = this.definitions.get(event.type);
    if (!definition) throw new SolyxError('InvalidArgument', `unknown event type ${event.type}`, { type: event.type });
    const fault = faultOfPlainData(event.data);
    if (fault !== undefined) throw new SolyxError('InvalidArgument', `${event.type}: ${fault}`, { type: event.type });
    if (!isFitting(definition.schema, event.data)) explain(definition, event);
    if (bytesMax < Number.POSITIVE_INFINITY && Buffer.byteLength(JSON.stringify(event.data)) > bytesMax) {
      throw new SolyxError('InvalidArgument', `${event.type} is larger than ${bytesMax} bytes`, { limit: bytesMax });
    }
    return event.data;
  }

  /** What was stored, as the newest version has it, and validated. Unknown types pass as they are. */
  read(event: DomainEvent, version: number): DomainEvent {
    const definition = this.definitions.get(event.type);
    if (!definition) return event;
    const newest = version < definition.version ? { ...event, data: this.upcast(definition, version, event) } : event;
    this.validate(newest);
    return newest;
  }

  private upcast(definition: AnyDefinition, version: number, { type, data }: DomainEvent): Record<string, unknown> {
    const fault = faultOfPlainData(data);
    if (fault !== undefined) throw new SolyxError('InvalidArgument', `${type}: ${fault}`, { type });
    try {
      return upcast(definition, version, data as Record<string, unknown>);
    } catch (cause) {
      throw new SolyxError('InvalidArgument', `${type} v${version} cannot be read`, { type, version }, { cause });
    }
  }
}

/** Throws InvalidArgument that names the first fault, where there is one. */
function explain({ schema }: AnyDefinition, { type, data }: DomainEvent): void {
  const instance: unknown = plainToInstance(schema, data);
  const errors = validateSync(instance as object, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
  if (errors.length > 0) throw new SolyxError('InvalidArgument', `${type}: ${describeFault(errors)}`, { type });
}

export const eventRegistry = new EventRegistry(
  [billing, cmo, drm, gateway, optimizer, sdn].flatMap((context) =>
    (Object.values(context) as unknown[]).filter(isDefinition),
  ),
);
