import {
  context as contexts,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';

/** W3C Trace Context, version 00: https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Attribute of a span: the service whose it is. A process may host several, and a span of OTLP's knows only its process. */
export const SERVICE = 'solyx.service';

const tracer = trace.getTracer('solyx.eventing');

function parentOf(traceparent: string | undefined): Context {
  const match = TRACEPARENT.exec(traceparent ?? '');
  if (!match) return contexts.active();
  const [, traceId = '', spanId = '', flags = '00'] = match;
  return trace.setSpanContext(contexts.active(), {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

/** What the next one in the chain is told: the span, or the parent where nothing records spans here. */
export function traceparentOf(span: Span, parent: string | undefined): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const text = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const own = TRACEPARENT.test(text) && !/^0+$/.test(traceId) && !/^0+$/.test(spanId);
  return own ? text : parent !== undefined && TRACEPARENT.test(parent) ? parent : undefined;
}

export interface SpanSpec {
  /** OpenTelemetry: operation and subject template. */
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'producer' | 'consumer';
  readonly traceparent?: string | undefined;
  readonly attributes: Attributes;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** Runs `work` inside a span that continues `traceparent`; costs next to nothing where no SDK is installed. */
export function inSpan<T>(spec: SpanSpec, work: (span: Span) => Promise<T>): Promise<T> {
  const options = { kind: KINDS[spec.kind], attributes: spec.attributes };
  return tracer.startActiveSpan(spec.name, options, parentOf(spec.traceparent), async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
