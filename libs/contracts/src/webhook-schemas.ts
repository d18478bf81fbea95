import { jsonSchemaOf, type JsonSchema } from './json-schema';
import { PUBLIC_EVENT_NAMES, PUBLIC_EVENTS, type PublicEventType } from './webhooks';

/** Receivers ignore what they do not know, so that fields can be added: nothing is forbidden. */
function lenient(schema: JsonSchema): JsonSchema {
  const { additionalProperties: _, properties, items, ...rest } = schema;
  const members = Object.entries(properties ?? {}).map(([name, member]) => [name, lenient(member)] as const);
  return {
    ...rest,
    ...(properties ? { properties: Object.fromEntries(members) } : {}),
    ...(items ? { items: lenient(items) } : {}),
  };
}

/** What every body has around its `data`. */
const envelope = (type: string, version: number, data: JsonSchema, resource: string) => ({
  type: 'object' as const,
  required: ['id', 'type', 'version', 'timestamp', 'organizationId', 'resource', 'sequence', 'position', 'data'],
  properties: {
    id: { type: 'string' as const, pattern: '^evt_' },
    type: { enum: [type] },
    version: { enum: [version] },
    timestamp: { type: 'string' as const, pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' },
    organizationId: { type: 'string' as const },
    resource: {
      type: 'object' as const,
      required: ['kind', 'id'],
      properties: { kind: { enum: [resource] }, id: { type: 'string' as const } },
    },
    sequence: { type: 'integer' as const, minimum: 1 },
    position: { type: 'string' as const, pattern: '^\\d+$' },
    data,
  },
});

/** JSON Schema 2020-12 of every public event: `$defs["invoice.paid.v1"]` describes the whole body. */
export function webhookSchemaDocument(): object {
  const named = new Map<string, JsonSchema>();
  const places = { named, refTo: (name: string) => `#/$defs/${name}` };
  const events = PUBLIC_EVENT_NAMES.map((name) => {
    const { version, data, about, resource }: PublicEventType = PUBLIC_EVENTS[name];
    const body = envelope(name, version, lenient(jsonSchemaOf(data, places)), resource);
    return [`${name}.v${version}`, { description: about, ...body }] as const;
  });
  const parts = [...named].map(([name, schema]) => [name, lenient(schema)] as const);
  const described: readonly (readonly [string, object])[] = [...events, ...parts];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Webhooks of Solyx',
    description: 'The body of each event, by type and version. Fields may be added; ignore what you do not know.',
    oneOf: events.map(([name]) => ({ $ref: `#/$defs/${name}` })),
    $defs: Object.fromEntries(described),
  };
}

/** The catalogue as a table of Markdown. */
export function webhookCatalogueTable(): string {
  const rows = PUBLIC_EVENT_NAMES.map((name) => {
    const { version, about, resource } = PUBLIC_EVENTS[name];
    return `| \`${name}\` | ${version} | ${resource} | ${about} |`;
  });
  return ['| Type | Version | Resource | When |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
