import { defaultMetadataStorage } from 'class-transformer/cjs/storage';
import { getMetadataStorage } from 'class-validator';

/** The part of JSON Schema 2020-12 that event classes need. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

interface Rule {
  readonly name?: string | undefined;
  readonly type: string;
  readonly constraints?: readonly unknown[];
  readonly each?: boolean;
  readonly propertyName: string;
}

type Class = new (...args: never[]) => unknown;
type Translate = (constraints: readonly unknown[]) => JsonSchema;

const number = (value: unknown): number => Number(value);

/** What each decorator of class-validator says, in JSON Schema. One that is missing here fails loudly. */
const RULES: Readonly<Record<string, Translate>> = {
  isString: () => ({ type: 'string' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: () => ({ type: 'number' }),
  isBoolean: () => ({ type: 'boolean' }),
  isArray: () => ({ type: 'array' }),
  isDefined: () => ({}),
  isIn: ([values]) => ({ enum: values as readonly unknown[] }),
  matches: ([pattern]) => ({ type: 'string', pattern: (pattern as RegExp).source }),
  isLength: ([min, max]) => ({ minLength: number(min), maxLength: number(max) }),
  maxLength: ([max]) => ({ maxLength: number(max) }),
  minLength: ([min]) => ({ minLength: number(min) }),
  min: ([min]) => ({ minimum: number(min) }),
  max: ([max]) => ({ maximum: number(max) }),
  arrayMaxSize: ([max]) => ({ maxItems: number(max) }),
  isStringRecord: () => ({
    type: 'object',
    maxProperties: 128,
    additionalProperties: { type: 'string', maxLength: 4096 },
  }),
  isLabels: () => ({
    type: 'object',
    maxProperties: 16,
    additionalProperties: { type: 'string', maxLength: 128 },
  }),
  isDetailRecord: () => ({
    type: 'object',
    maxProperties: 128,
    additionalProperties: { anyOf: [{ type: 'string', maxLength: 4096 }, { type: 'number' }] },
  }),
};

/** Where nested classes are put, and how they are referred to. */
export interface SchemaPlaces {
  readonly named: Map<string, JsonSchema>;
  refTo(name: string): string;
}

function rulesOf(schema: Class): ReadonlyMap<string, readonly Rule[]> {
  const all = getMetadataStorage().getTargetValidationMetadatas(schema, '', false, false) as readonly Rule[];
  const byProperty = new Map<string, Rule[]>();
  for (const rule of all) byProperty.set(rule.propertyName, [...(byProperty.get(rule.propertyName) ?? []), rule]);
  return byProperty;
}

function nestedOf(schema: Class, property: string, places: SchemaPlaces): JsonSchema {
  const type = defaultMetadataStorage.findTypeMetadata(schema, property)?.typeFunction() as Class | undefined;
  if (!type) throw new Error(`${schema.name}.${property} is nested but has no @Type`);
  if (!places.named.has(type.name)) {
    places.named.set(type.name, {});
    places.named.set(type.name, jsonSchemaOf(type, places));
  }
  return { $ref: places.refTo(type.name) };
}

function propertyOf(schema: Class, property: string, rules: readonly Rule[], places: SchemaPlaces): JsonSchema {
  let own: JsonSchema = {};
  let items: JsonSchema = {};
  for (const { name = '', type, constraints = [], each } of rules) {
    if (type === 'conditionalValidation') continue;
    const translate = RULES[name];
    if (type !== 'nestedValidation' && !translate)
      throw new Error(`${schema.name}.${property}: no schema for @${name}`);
    const said = type === 'nestedValidation' ? nestedOf(schema, property, places) : (translate?.(constraints) ?? {});
    if (each) items = { ...items, ...said };
    else own = { ...own, ...said };
  }
  return own.type === 'array' ? { ...own, items } : own;
}

/** The JSON Schema of a class that is decorated with class-validator; nested classes go to `places`. */
export function jsonSchemaOf(schema: Class, places: SchemaPlaces): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [property, rules] of [...rulesOf(schema)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    properties[property] = propertyOf(schema, property, rules, places);
    if (!rules.some(({ type }) => type === 'conditionalValidation')) required.push(property);
  }
  return { type: 'object', properties, required, additionalProperties: false };
}
