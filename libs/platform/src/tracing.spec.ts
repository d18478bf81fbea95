import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { inSpan, SERVICE } from '@solyx/eventing';
import { byService } from './tracing';

describe('Tracing', () => {
  it('names the service of each span, though one process hosts several', async () => {
    const sent = new InMemorySpanExporter();
    const resourceOf = (name: string) => resourceFromAttributes({ 'service.name': name });
    const processor = new SimpleSpanProcessor(byService(sent, resourceOf));
    const provider = new NodeTracerProvider({ resource: resourceOf('cmo'), spanProcessors: [processor] });
    provider.register();
    const span = (name: string, attributes: Record<string, string>) =>
      inSpan({ name, kind: 'internal', attributes }, () => Promise.resolve());
    await span('one', { [SERVICE]: 'billing' });
    await span('two', { [SERVICE]: 'cmo' });
    await span('three', { [SERVICE]: 'billing' });
    await span('of nobody', {});
    await provider.forceFlush();
    const found = sent.getFinishedSpans();
    expect(found.map(({ name, resource }) => [name, resource.attributes['service.name']])).toEqual([
      ['one', 'billing'],
      ['two', 'cmo'],
      ['three', 'billing'],
      ['of nobody', 'cmo'],
    ]);
    // What goes out in one batch is told apart by its resource: one of each service, not one of each span.
    expect(new Set(found.map(({ resource }) => resource)).size).toBe(3);
    expect(found.every(({ ended }) => ended)).toBe(true);
    await provider.shutdown();
  });
});
