import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import type { EventDefinition } from '@solyx/kernel';
import { isFitting } from './fitting';
import { eventRegistry } from './index';
import { sampleOf } from './sample';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const byClassValidator = ({ schema }: EventDefinition, data: unknown): boolean => {
  const instance: unknown = plainToInstance(schema as new () => object, data);
  const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true };
  return validateSync(instance as object, rules).length === 0;
};

const copyOf = (data: unknown): Json => JSON.parse(JSON.stringify(data)) as Json;

/** Every place in the data, as what holds it and where. */
function placesIn(data: Json, found: { holder: Json; key: string | number }[] = []): typeof found {
  if (typeof data !== 'object' || data === null) return found;
  for (const key of Object.keys(data)) {
    found.push({ holder: data, key });
    placesIn((data as Record<string, Json>)[key] ?? null, found);
  }
  return found;
}

const STRANGE: readonly (Json | undefined)[] = [
  ...[undefined, null, true, 0, -1, 1.5, 1e9, '', 'x', '2026', '-1', 'x'.repeat(2_000), '\uFE0F', '\u{1F600}'],
  ...[[], [1], ['x'], [null], {}, { x: 1 }, Array.from({ length: 600 }, () => 'x')],
];

/** The data with one place changed, left out, or added to. */
function changed(data: Json, place: number, what: number): Json {
  const copy = copyOf(data);
  const places = placesIn(copy);
  const { holder, key } = places[place % places.length]!;
  const value = STRANGE[what % STRANGE.length];
  const target = holder as Record<string, Json | undefined>;
  if (what % 7 === 0 && !Array.isArray(holder)) target[`${key}More`] = 'x';
  else target[key] = value;
  // Through text, so that what is undefined is not there.
  return copyOf(copy);
}

const definitions = eventRegistry.all();

describe('What fits by the compiled rules', () => {
  it('is nearly every event as it should be, so that class-validator is seldom asked', () => {
    const asked = definitions.filter((definition) => !isFitting(definition.schema, sampleOf(definition)));
    expect(asked.length).toBeLessThan(definitions.length / 10);
  });

  it('fits by class-validator too, whatever is changed about it', () => {
    const change = fc.record({ event: fc.nat({ max: definitions.length - 1 }), place: fc.nat(), what: fc.nat() });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const definition = definitions[changes[0]!.event]!;
        let data = copyOf(sampleOf(definition));
        for (const { place, what } of changes.slice(0, 2)) data = changed(data, place, what);
        if (isFitting(definition.schema, data)) expect(byClassValidator(definition, data)).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });

  it('says no to what class-validator says no to, in every place of every event', () => {
    for (const definition of definitions) {
      const data = copyOf(sampleOf(definition));
      for (const [place] of placesIn(data).slice(0, 12).entries()) {
        const broken = changed(data, place, 1 + (place % (STRANGE.length - 1)));
        if (!byClassValidator(definition, broken)) expect(isFitting(definition.schema, broken)).toBe(false);
      }
    }
  });
});
