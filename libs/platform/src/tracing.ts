import { createRequire } from 'node:module';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { SERVICE } from '@solyx/eventing';
import type { CommonConfig } from './config';

interface Provider {
  register(): void;
  forceFlush(): Promise<void>;
}

let provider: Provider | undefined;

type Resource = ReadableSpan['resource'];

/** The same span as part of another resource. */
const within = (span: ReadableSpan, resource: Resource): ReadableSpan =>
  Object.create(span, { resource: { value: resource, enumerable: true } }) as ReadableSpan;

/** OTLP names the service once for all spans of a provider; here a process may host several, and each span knows its own. */
export function byService(exporter: SpanExporter, resourceOf: (service: string) => Resource): SpanExporter {
  const resources = new Map<string, Resource>();
  const own = (span: ReadableSpan): ReadableSpan => {
    const service = span.attributes[SERVICE];
    if (typeof service !== 'string' || service === '') return span;
    const resource = resources.get(service) ?? resourceOf(service);
    resources.set(service, resource);
    return within(span, resource);
  };
  return {
    export: (spans, done) => exporter.export(spans.map(own), done),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

/**
 * Spans are made and sent only where an endpoint is configured; else the API stays the empty one it is by default.
 * Loaded late, because the SDK costs memory and start-up time. One provider serves all services of a process.
 */
export function startTracing({ otlpEndpoint, service, instance }: CommonConfig): void {
  if (otlpEndpoint === undefined || provider) return;
  const load = createRequire(__filename);
  const { NodeTracerProvider, BatchSpanProcessor } = load(
    '@opentelemetry/sdk-trace-node',
  ) as typeof import('@opentelemetry/sdk-trace-node');
  const { OTLPTraceExporter } = load(
    '@opentelemetry/exporter-trace-otlp-http',
  ) as typeof import('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes } = load('@opentelemetry/resources') as typeof import('@opentelemetry/resources');
  const resourceOf = (name: string): Resource =>
    resourceFromAttributes({
      'service.namespace': 'solyx',
      'service.name': name,
      'service.instance.id': instance,
    });
  const exporter = byService(new OTLPTraceExporter({ url: otlpEndpoint }), resourceOf);
  const made = new NodeTracerProvider({
    resource: resourceOf(service),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  made.register();
  provider = made;
}

/** Sends what is still held. */
export const flushTraces = async (): Promise<void> => {
  await provider?.forceFlush();
};
