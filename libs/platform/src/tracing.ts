import { createRequire } from 'node:module';
import type { CommonConfig } from './config';

interface Provider {
  register(): void;
  forceFlush(): Promise<void>;
}

let provider: Provider | undefined;

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
  const made = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'solyx',
      'service.name': service,
      'service.instance.id': instance,
    }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: otlpEndpoint }))],
  });
  made.register();
  provider = made;
}

/** Sends what is still held. */
export const flushTraces = async (): Promise<void> => {
  await provider?.forceFlush();
};
