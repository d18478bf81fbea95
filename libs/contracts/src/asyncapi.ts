import type { EventRegistry } from './registry';
import { jsonSchemaOf, type JsonSchema } from './json-schema';

const HEADERS: JsonSchema = {
  type: 'object',
  required: ['ce-specversion', 'ce-id', 'ce-type', 'ce-source', 'ce-subject', 'ce-time', 'content-type'],
  properties: {
    'ce-specversion': { enum: ['1.0'] },
    'ce-id': { type: 'string' },
    'ce-type': { type: 'string' },
    'ce-source': { type: 'string', pattern: '^/solyx/[a-z]+$' },
    'ce-subject': { type: 'string' },
    'ce-time': { type: 'string' },
    'content-type': { enum: ['application/json'] },
    'ce-dataversion': { type: 'string', pattern: '^\\d+$' },
    'ce-organizationid': { type: 'string' },
    'ce-actor': { type: 'string' },
    'ce-correlationid': { type: 'string' },
    'ce-causationid': { type: 'string' },
    'ce-position': { type: 'string', pattern: '^\\d+$' },
    'ce-revision': { type: 'string', pattern: '^\\d+$' },
    traceparent: { type: 'string' },
  },
};

/** `cmo.job.task-started` as a key that AsyncAPI and its tools accept. */
const keyOf = (type: string): string => type.replaceAll('.', '-');

/** Every event that crosses a service, as an AsyncAPI 3 document: https://www.asyncapi.com/docs/reference/specification/v3.0.0 */
export function asyncApiDocument(registry: EventRegistry): Record<string, unknown> {
  const named = new Map<string, JsonSchema>();
  const places = { named, refTo: (name: string) => `#/components/schemas/${name}` };
  const channels: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  const messages: Record<string, unknown> = {};
  for (const definition of [...registry.all()].sort((a, b) => (a.type < b.type ? -1 : 1))) {
    const key = keyOf(definition.type);
    const [context = ''] = definition.type.split('.');
    messages[key] = {
      name: definition.type,
      title: `${definition.type} v${definition.version}`,
      contentType: 'application/json',
      headers: { $ref: '#/components/schemas/EventHeaders' },
      payload: jsonSchemaOf(definition.schema, places),
    };
    channels[key] = {
      address: `solyx.${definition.type}.{organizationId}.{id}`,
      messages: { [key]: { $ref: `#/components/messages/${key}` } },
      parameters: {
        organizationId: { description: 'Tenant, or `platform`.' },
        id: { description: 'What follows the first dash in the name of the stream.' },
      },
    };
    operations[key] = {
      action: 'send',
      channel: { $ref: `#/channels/${key}` },
      tags: [{ name: context }],
    };
  }
  const schemas = Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Solyx events',
      version: '1.0.0',
      description: 'Every event that crosses a service, as it travels over NATS JetStream: CloudEvents in binary mode.',
    },
    defaultContentType: 'application/json',
    channels,
    operations,
    components: { messages, schemas: { EventHeaders: HEADERS, ...schemas } },
  };
}
