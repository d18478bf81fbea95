/** Jobs that keep coming in while processes die; each is asked for until it is acknowledged, under one key. */
import { setTimeout as wait } from 'node:timers/promises';

const EVERY_MS = 500;
const RETRY_MS = 200;
const ACKNOWLEDGED_WITHIN_MS = 120_000;
const PAGE = 100;
const PAGES_MAX = 100;
const ENDED = new Set(['Succeeded', 'Failed', 'Cancelled']);

const SUBMIT = `mutation($spec: Json!, $key: String!) { submitJob(spec: $spec, idempotencyKey: $key) {
  __typename ... on JobAck { job { id } } ... on Refusal { reason message } } }`;
const JOBS = `query($after: String) { jobs(first: ${PAGE}, after: $after) { pageInfo { hasNextPage endCursor } edges { node { id phase } } } }`;

export class Load {
  /** What was acknowledged: job id to `real` or `simulated`. */
  acknowledged = new Map();
  #count = 0;
  #stopping = false;
  #running = [];

  constructor(plane, witness) {
    this.plane = plane;
    this.witness = witness;
  }

  start() {
    this.#running.push(this.#keepComing());
  }

  /** No new jobs; resolves when the last one asked for was acknowledged. */
  async stop() {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #keepComing() {
    while (!this.#stopping) {
      await this.submit(this.#count % 2 === 0 ? 'real' : 'simulated');
      await wait(EVERY_MS);
    }
  }

  /** One job whose output is known: a real one leaves a line with its id and attempt in the witness file. */
  submit(kind, more = {}) {
    this.#count += 1;
    const key = `chaos-${process.pid}-${this.#count}`;
    const script = `echo "$SOLYX_JOB_ID $SOLYX_ATTEMPT" >> '${this.witness}'`;
    const real = { run: ['sh', '-c', script], resources: { gpu: '0', cpu: '0.1', memory: '32MiB' } };
    const simulated = { run: ['train'], resources: { gpu: '1' }, placement: { simulated: true } };
    const base = { solyx: 'v1', name: `chaos-${this.#count}`, limits: { max_runtime: '5m' } };
    const spec = {
      ...base,
      ...(kind === 'real' ? real : { ...simulated, simulation: { duration: '800ms' } }),
      ...more,
    };
    return this.#untilAcknowledged(key, spec, kind);
  }

  async #untilAcknowledged(key, spec, kind) {
    const end = Date.now() + ACKNOWLEDGED_WITHIN_MS;
    for (let cause; Date.now() < end; await wait(RETRY_MS)) {
      try {
        const { submitJob } = await this.plane.request(SUBMIT, { spec, key });
        if (submitJob.__typename !== 'JobAck') throw new Error(`refused: ${submitJob.reason}: ${submitJob.message}`);
        this.acknowledged.set(submitJob.job.id, kind);
        return submitJob.job;
      } catch (error) {
        if (/^refused/.test(error.message)) throw error;
        cause = error;
      }
      if (Date.now() + RETRY_MS >= end) throw new Error(`no acknowledgement of ${key}: ${cause?.message}`);
    }
    throw new Error(`no acknowledgement of ${key}`);
  }

  async hasEnded(id) {
    const { job } = await this.plane.request('query($id: ID!) { job(id: $id) { phase } }', { id });
    return ENDED.has(job?.phase);
  }

  /** Phase of every job, by id. */
  async phases() {
    const phases = new Map();
    let after = null;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const { jobs } = await this.plane.request(JOBS, { after });
      for (const { node } of jobs.edges) phases.set(node.id, node.phase);
      if (!jobs.pageInfo.hasNextPage) break;
      after = jobs.pageInfo.endCursor;
    }
    return phases;
  }

  async allEnded() {
    const phases = await this.phases();
    return [...this.acknowledged.keys()].every((id) => ENDED.has(phases.get(id)));
  }
}
