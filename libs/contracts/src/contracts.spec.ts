import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv/dist/2020';
import fc from 'fast-check';
import { SolyxError, type EventDefinition } from '@solyx/kernel';
import { asyncApiDocument } from './asyncapi';
import { eventRegistry } from './index';
import { jsonSchemaOf, type JsonSchema } from './json-schema';

const GOLDEN = path.join(__dirname, '..', 'golden');
const ASYNCAPI = path.join(__dirname, '..', '..', '..', 'docs', 'asyncapi.json');

const definitions = [...eventRegistry.all()].sort((a, b) => (a.type < b.type ? -1 : 1));
const goldenOf = (type: string, version: number): Record<string, unknown> =>
  JSON.parse(readFileSync(path.join(GOLDEN, `${type}.v${version}.json`), 'utf8')) as Record<string, unknown>;

const refusalOf = (type: string, data: unknown): SolyxError => {
  try {
    eventRegistry.validate({ type, data }, 64 * 1024);
  } catch (error) {
    if (error instanceof SolyxError) return error;
    throw error;
  }
  throw new Error(`${type} took ${JSON.stringify(data).slice(0, 200)}`);
};

const ajvSchemaOf = (definition: EventDefinition): JsonSchema & { $defs: Record<string, JsonSchema> } => {
  const named = new Map<string, JsonSchema>();
  const schema = jsonSchemaOf(definition.schema, { named, refTo: (name) => `#/$defs/${name}` });
  return { ...schema, $defs: Object.fromEntries(named) };
};

describe('golden files', () => {
  it('exist for every version of every event, and for nothing else', () => {
    const wanted = definitions.flatMap(({ type, version }) =>
      Array.from({ length: version }, (_, i) => `${type}.v${i + 1}.json`),
    );
    // Missing ones are written by `node libs/contracts/scripts/golden.mjs`.
    expect(readdirSync(GOLDEN).sort()).toEqual(wanted.sort());
  });

  it.each(
    definitions.flatMap(({ type, version }) => Array.from({ length: version }, (_, i) => [type, i + 1] as const)),
  )('%s v%i still reads', (type, version) => {
    const event = eventRegistry.read({ type, data: goldenOf(type, version) }, version);
    expect(event.type).toBe(type);
  });
});

describe('JSON Schemas', () => {
  const ajv = new Ajv({ strict: true, strictTypes: false });

  it.each(definitions.map((definition) => [definition.type, definition] as const))(
    'of %s takes the golden file, and refuses a field too many or too few, as the class does',
    (type, definition) => {
      const validate = ajv.compile(ajvSchemaOf(definition));
      const golden = goldenOf(type, definition.version);
      expect(validate(golden)).toBe(true);
      for (const broken of [{ ...golden, more: 1 }, {}]) {
        expect(validate(broken)).toBe(false);
        expect(refusalOf(type, broken).code).toBe('InvalidArgument');
      }
    },
  );
});

describe('docs/asyncapi.json', () => {
  const document = asyncApiDocument(eventRegistry);

  it('is what the contracts say; write it by `node libs/contracts/scripts/asyncapi.mjs`', () => {
    expect(JSON.parse(readFileSync(ASYNCAPI, 'utf8'))).toEqual(document);
  });

  it('refers to nothing that it does not hold', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, ref = '']) => ref);
    expect(refs.length).toBeGreaterThan(100);
    for (const ref of refs) {
      const found = ref
        .split('/')
        .slice(1)
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      expect([ref, typeof found]).toEqual([ref, 'object']);
    }
  });
});

describe('what is refused', () => {
  const type = 'cmo.job.running';
  const good = { jobId: 'job_1', attempt: 1, at: '2026-01-01T00:00:00.000Z' };

  it.each([
    ['an unknown type', 'cmo.job.unheard-of', good, 'unknown event type cmo.job.unheard-of'],
    ['nothing', type, null, 'the data must be an object'],
    ['a list', type, [good], 'the data must be an object'],
    ['text', type, 'job_1', 'the data must be an object'],
    ['a missing field', type, { jobId: 'job_1', attempt: 1 }, 'at must match'],
    ['a field too many', type, { ...good, price: 1 }, 'property price should not exist'],
    ['a wrong type', type, { ...good, attempt: '1' }, 'attempt must'],
    ['a fraction', type, { ...good, attempt: 1.5 }, 'attempt must be an integer number'],
    ['a number out of bounds', type, { ...good, attempt: 0 }, 'attempt must not be less than 1'],
    ['a time without zone', type, { ...good, at: '2026-01-01T00:00:00' }, 'at must match'],
    ['text too long', type, { ...good, jobId: 'j'.repeat(129) }, 'jobId must be shorter than'],
    ['a prototype', type, JSON.parse(`{"__proto__":{"x":1},${JSON.stringify(good).slice(1)}`), '__proto__'],
    ['a constructor', type, { ...good, constructor: { x: 1 } }, 'constructor'],
  ])('%s', (_what, eventType, data, message) => {
    const refusal = refusalOf(eventType, data);
    expect(refusal).toMatchObject({ code: 'InvalidArgument', reason: 'InvalidArgument', retryable: false });
    expect(refusal.message).toContain(message);
    expect(refusal.hint).not.toBe('');
  });

  it('a nested fault, by its path', () => {
    const golden = goldenOf('cmo.job.queued', 1) as { spec: { resources: { gpus: number } } };
    golden.spec.resources.gpus = -1;
    expect(refusalOf('cmo.job.queued', golden).message).toContain('spec.resources.gpus must not be less than 0');
  });

  it('a prototype that is hidden deep inside', () => {
    const golden = goldenOf('cmo.job.queued', 1) as { spec: { env: object } };
    golden.spec.env = JSON.parse('{"__proto__":"x"}') as object;
    expect(refusalOf('cmo.job.queued', golden).message).toContain('__proto__');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('data nested without end', () => {
    let nested: object = {};
    for (let i = 0; i < 10_000; i += 1) nested = { nested };
    expect(refusalOf(type, nested).message).toContain('nested deeper than');
  });

  it('data over 64 KiB', () => {
    const golden = goldenOf('cmo.job.queued', 1) as { spec: { env: Record<string, string> } };
    for (let i = 0; i < 30; i += 1) golden.spec.env[`KEY_${i}`] = 'v'.repeat(4_000);
    expect(refusalOf('cmo.job.queued', golden).message).toContain('larger than 65536 bytes');
  });

  it('whatever is made of a golden file by changing one field: with a SolyxError, never another', () => {
    const junk = fc.oneof(fc.anything(), fc.constantFrom<unknown>(null, undefined, -1, '', [], {}, Number.NaN));
    fc.assert(
      fc.property(fc.constantFrom(...definitions), fc.nat(), junk, (definition, choice, value) => {
        const golden = goldenOf(definition.type, definition.version);
        const fields = Object.keys(golden);
        golden[fields[choice % fields.length] ?? ''] = value;
        try {
          eventRegistry.validate({ type: definition.type, data: golden });
        } catch (error) {
          expect(error).toBeInstanceOf(SolyxError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a stored event of a newer shape or with data that no upcaster can read', () => {
    expect(() => eventRegistry.read({ type, data: { ...good, later: true } }, 2)).toThrow(SolyxError);
    expect(() => eventRegistry.read({ type, data: null }, 1)).toThrow(SolyxError);
  });
});
