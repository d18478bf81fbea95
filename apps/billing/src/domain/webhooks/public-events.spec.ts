import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv/dist/2020';
import fc from 'fast-check';
import { eventRegistry, PUBLIC_EVENT_NAMES, PUBLIC_EVENTS, type PublicEventName } from '@solyx/contracts';
import { propertyRuns } from '@solyx/testing';
import type { Recorded } from '@solyx/kernel';
import { bodyOf, BODY_BYTES_MAX } from './message';
import { decimalOf } from './money-events';
import { PUBLIC_PREFIXES, publicEventsOf, testEventOf, TRANSLATED_TYPES } from './public-events';

const ROOT = path.join(__dirname, '..', '..', '..', '..', '..');
const schema = JSON.parse(readFileSync(path.join(ROOT, 'docs', 'webhooks.schema.json'), 'utf8')) as object;
const ajv = new Ajv({ strict: false });
ajv.addSchema(schema, 'webhooks');

const goldenOf = (type: string): Record<string, unknown> => {
  const file = path.join(ROOT, 'libs', 'contracts', 'golden', `${type}.v${eventRegistry.get(type)!.version}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
};
const recorded = (type: string, data: unknown): Recorded => ({
  ...{ id: `id of ${type}`, type, data, revision: 4n, position: 1_234n, recordedAt: '2026-03-01T09:30:00.000Z' },
  stream: `${type.split('.').slice(0, 2).join('.')}-acme`,
  metadata: {
    version: 1,
    organizationId: 'acme',
    actor: { kind: 'platform', id: 'x', roles: [] },
    $correlationId: 'c',
    $causationId: 'c',
  },
});
const origin = { id: 'evt_1', organizationId: 'acme', resourceId: 'acme', sequence: 5, position: '1234' };

/** Every text as long as its rule allows, every list as full. */
function fattened(type: string, data: Record<string, unknown>): unknown {
  const fat = structuredClone(data);
  const grow = (value: unknown): unknown => {
    if (Array.isArray(value)) return Array.from({ length: 64 }, () => grow(value[0]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, grow(member)]));
  };
  // Whatever its event cannot carry is not tried; what it can, is.
  for (const [name, value] of Object.entries(fat)) {
    for (const more of [grow(value), typeof value === 'string' ? 'x'.repeat(1_024) : value, 'x'.repeat(128)]) {
      const tried = { ...fat, [name]: more };
      try {
        eventRegistry.validate({ type, data: tried }, 64 * 1_024);
        fat[name] = more;
        break;
      } catch {
        // Too much for this field.
      }
    }
  }
  return fat;
}

const check = (message: ReturnType<typeof testEventOf>): void => {
  const body = bodyOf(message, origin);
  const validate = ajv.getSchema(`webhooks#/$defs/${message.type}.v${message.version}`)!;
  expect([validate(JSON.parse(body)), validate.errors]).toEqual([true, null]);
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(BODY_BYTES_MAX);
};

describe('Public events', () => {
  it.each(TRANSLATED_TYPES)('of %s are as the schema says, and small, however large the fact is', (type) => {
    for (const data of [goldenOf(type), fattened(type, goldenOf(type))]) {
      const messages = publicEventsOf(recorded(type, data));
      expect(messages).toHaveLength(1);
      const [message] = messages;
      expect(PUBLIC_EVENTS[message!.type as PublicEventName].from).toContain(type);
      check(message!);
    }
  });

  it('are all made of something, the test by itself', () => {
    const made = TRANSLATED_TYPES.flatMap((type) => {
      const golden = goldenOf(type);
      const { correctsPeriod: _, ...plain } = golden;
      return [golden, plain].flatMap((data) => publicEventsOf(recorded(type, data)).map((message) => message.type));
    });
    expect([...new Set([...made, 'webhook.test'])].sort()).toEqual([...PUBLIC_EVENT_NAMES].sort());
    check(
      testEventOf({ ...(goldenOf('billing.webhook.test-ordered') as { endpointId: string; at: string }) } as never),
    );
  });

  it('are of streams that the feed reads', () => {
    for (const type of TRANSLATED_TYPES) {
      const { stream } = recorded(type, {});
      expect([type, PUBLIC_PREFIXES.some((prefix) => stream.startsWith(prefix))]).toEqual([type, true]);
    }
    expect(publicEventsOf(recorded('cmo.job.admitted', {}))).toEqual([]);
  });

  it('say money as a whole number and as a decimal that is the same', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (micro) => {
        const decimal = decimalOf(micro.toString());
        expect(decimal).toMatch(/^-?\d+\.\d{6}$/);
        expect(BigInt(decimal.replace('.', ''))).toBe(micro);
      }),
      propertyRuns(300),
    );
  });
});
