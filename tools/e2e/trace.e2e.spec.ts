import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlane, until, type Plane } from '../../scripts/lib/plane.cjs';

/** One trace from the request to the charge, as a collector sees it that `SOLYX_OTLP_ENDPOINT` names. */
jest.setTimeout(600_000);

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
/** OTLP 1.x, JSON: https://opentelemetry.io/docs/specs/otlp/ */
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly { readonly traceId: string; readonly name: string; readonly attributes: Attribute[] }[];
    }[];
  }[];
}
interface Span {
  readonly service: string;
  readonly traceId: string;
  readonly name: string;
  readonly stream: string;
}

const attribute = (attributes: readonly Attribute[], key: string): string =>
  attributes.find((one) => one.key === key)?.value.stringValue ?? '';

const spansOf = ({ resourceSpans }: Export): readonly Span[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, name, attributes }) => ({
        service: attribute(resource.attributes, 'service.name'),
        stream: attribute(attributes, 'solyx.stream'),
        ...{ traceId, name },
      })),
    ),
  );

const CHAIN = ['gateway', 'cmo', 'billing', 'drm'];
const SUBMIT = `mutation ($spec: Json!) { submitJob(spec: $spec, idempotencyKey: "trace") {
  __typename ... on JobAck { job { id } } ... on Refusal { reason message } } }`;
const SPEC = { run: 'true', resources: { gpu: 1 }, placement: { simulated: true }, simulation: { duration: '1s' } };

describe('The trace of a job', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'solyx-trace-'));
  const dataDir = path.join(folder, 'data');
  const spans: Span[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Export));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  let plane: Plane | undefined;
  let traceId = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as AddressInfo;
    const env = {
      SOLYX_OTLP_ENDPOINT: `http://127.0.0.1:${port}/v1/traces`,
      SOLYX_LOG_LEVEL: 'debug',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    };
    const started = await startPlane({ dataDir, processes: true, env });
    plane = started;
    const { submitJob } = await started.request<{ submitJob: { __typename: string; job: { id: string } } }>(SUBMIT, {
      spec: SPEC,
    });
    expect(submitJob).toMatchObject({ __typename: 'JobAck' });
    const query = 'query ($id: ID!) { charges(jobId: $id) { edges { node { id } } } }';
    await until(async () => {
      const { charges } = await started.request<{ charges: { edges: unknown[] } }>(query, { id: submitJob.job.id });
      return charges.edges.length > 0;
    }, 'the job is charged');
    // Its only mutation; the agent that joins asks otherwise.
    const first = await until(() => spans.find(({ name }) => name === 'graphql mutation'), 'its span is exported');
    traceId = first.traceId;
  });
  afterAll(async () => {
    await plane?.stop();
    await new Promise((resolve) => collector.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  const ours = (): readonly Span[] => spans.filter((span) => span.traceId === traceId);

  it('begins with the request at the gateway', () =>
    until(
      () => ours().some(({ service, stream }) => service === 'gateway' && stream.startsWith('gateway.request-')),
      'the append of the request',
    ));

  it('goes through every service that acts for the job', async () => {
    for (const service of CHAIN)
      await until(() => ours().some((span) => span.service === service), `a span of ${service}`);
    const decided = (service: string, stream: string): boolean =>
      ours().some(
        (span) => span.service === service && span.stream.startsWith(stream) && span.name.startsWith('transact'),
      );
    await until(() => decided('cmo', 'cmo.job-'), 'cmo decides about the job');
    await until(() => decided('billing', 'billing.budget-'), 'billing holds the money');
    await until(
      () => ours().some(({ name, service }) => service === 'drm' && name.startsWith('publish solyx.drm.partition')),
      'drm tells what it decided',
    );
  });

  it('ends with the charge', () =>
    until(
      () => ours().some(({ name, stream }) => name === 'transact MeterUsage' && stream.startsWith('billing.account-')),
      'the append of the charge',
    ));

  it('is named in the log of each', async () => {
    for (const service of CHAIN) {
      const file = path.join(dataDir, 'logs', `${service}.log`);
      await until(() => readFileSync(file, 'utf8').includes(`"traceId":"${traceId}"`), `the trace in ${service}.log`);
    }
  });
});
