import { defaultMetadataStorage } from 'class-transformer/cjs/storage';
import { getMetadataStorage } from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata';

type Class = new (...args: never[]) => unknown;
type Test = (value: unknown, owner: object) => boolean;

/** One property of a class: what its value must pass. */
interface Fit {
  readonly property: string;
  readonly isOptional: boolean;
  readonly tests: readonly Test[];
  readonly nested: (() => Fitting | undefined) | undefined;
}

type Fitting = (value: unknown) => boolean;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The very function that class-validator calls for a decorator; undefined for what is not a plain test of a value. */
function testOf(rule: ValidationMetadata): Test | undefined {
  const [constraint] = getMetadataStorage().getTargetValidatorConstraints(rule.constraintCls);
  if (!constraint || constraint.async) return undefined;
  const { instance } = constraint;
  const { propertyName, constraints, target } = rule;
  const one = (value: unknown, object: object): boolean =>
    instance.validate(value, {
      value,
      constraints,
      targetName: typeof target === 'function' ? target.name : target,
      object,
      property: propertyName,
    }) === true;
  if (!rule.each) return one;
  return (value, object) => Array.isArray(value) && value.every((item) => one(item, object));
}

function fitOf(schema: Class, property: string, rules: readonly ValidationMetadata[]): Fit | undefined {
  const tests: Test[] = [];
  let isOptional = false;
  let nested: Fit['nested'];
  for (const rule of rules) {
    if (rule.type === 'conditionalValidation') isOptional = true;
    else if (rule.type === 'nestedValidation') {
      const type = defaultMetadataStorage.findTypeMetadata(schema, property)?.typeFunction() as Class | undefined;
      if (!type) return undefined;
      nested = () => fittingOf(type);
    } else {
      const test = rule.type === 'customValidation' || rule.type === 'isDefined' ? testOf(rule) : undefined;
      if (!test) return undefined;
      tests.push(test);
    }
  }
  return { property, isOptional, tests, nested };
}

function fitsNested(value: unknown, nested: Fitting): boolean {
  return Array.isArray(value) ? value.every((item) => nested(item)) : nested(value);
}

function fits(value: unknown, { isOptional, tests, nested }: Fit, owner: object): boolean {
  if (value === undefined) return isOptional;
  // What null means depends on the rule: class-validator shall say.
  if (value === null || !tests.every((test) => test(value, owner))) return false;
  if (!nested) return true;
  const fitting = nested();
  return fitting !== undefined && fitsNested(value, fitting);
}

function compile(schema: Class): Fitting | undefined {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(schema, '', false, false);
  const byProperty = new Map<string, ValidationMetadata[]>();
  for (const rule of metadata) {
    byProperty.set(rule.propertyName, [...(byProperty.get(rule.propertyName) ?? []), rule]);
  }
  const all = [...byProperty].map(([property, rules]) => fitOf(schema, property, rules));
  const known = all.filter((fit) => fit !== undefined);
  if (all.length === 0 || known.length < all.length) return undefined;
  return (value) =>
    isRecord(value) &&
    Object.keys(value).every((key) => byProperty.has(key)) &&
    known.every((fit) => fits(value[fit.property], fit, value));
}

const compiled = new Map<Class, Fitting | undefined>();

function fittingOf(schema: Class): Fitting | undefined {
  if (!compiled.has(schema)) compiled.set(schema, compile(schema));
  return compiled.get(schema);
}

/**
 * Whether plain data is what the class says, by the same rules as class-validator, whose metadata is read once for each
 * class instead of for each object: that is most of what a validation costs. True is always right; false may also mean
 * that it cannot tell, so that class-validator has the last word, and the words.
 */
export const isFitting = (schema: Class, data: unknown): boolean => fittingOf(schema)?.(data) === true;
