import { registerDecorator } from 'class-validator';

/** ISO 8601 UTC with milliseconds: one spelling per instant, so that text order is time order. */
export const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** A signed decimal integer of any size: bigint in JSON. */
export const INTEGER = /^-?\d{1,30}$/;

const MEMBERS_MAX = 128;
const VALUE_LENGTH_MAX = 4096;

const recordOf =
  (name: string, message: string, isValue: (value: unknown) => boolean) =>
  (): PropertyDecorator =>
  (target, property) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      options: { message: `$property must be ${message}` },
      validator: {
        validate: (value: unknown) =>
          typeof value === 'object' &&
          value !== null &&
          !Array.isArray(value) &&
          Object.keys(value).length <= MEMBERS_MAX &&
          !Object.hasOwn(value, '__proto__') &&
          Object.values(value).every(isValue),
      },
    });
  };

/** `2026-01-31`: a day of UTC. */
export const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** `2026-01`: a month. */
export const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= VALUE_LENGTH_MAX;

export const IsStringRecord = recordOf('isStringRecord', 'an object of at most 128 strings', isText);

export const IsDetailRecord = recordOf(
  'isDetailRecord',
  'an object of at most 128 strings or numbers',
  (value) => isText(value) || (typeof value === 'number' && Number.isFinite(value)),
);

const LABELS_MAX = 16;
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
const LABEL_VALUE_MAX = 128;

/** Free words that people sort their costs by: at most 16, short keys, short values. */
export function IsLabels(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isLabels',
      target: target.constructor,
      propertyName: String(property),
      options: { message: '$property must be an object of at most 16 labels, each value at most 128 characters' },
      validator: {
        validate: (value: unknown) =>
          typeof value === 'object' &&
          value !== null &&
          !Array.isArray(value) &&
          Object.keys(value).length <= LABELS_MAX &&
          Object.entries(value).every(
            ([key, text]) => LABEL.test(key) && typeof text === 'string' && text.length <= LABEL_VALUE_MAX,
          ),
      },
    });
  };
}
