/**
 * A small scene played by the real scheduler: nodes and jobs come at their times, jobs run as long as they say, those who
 * are asked to leave do so when the notice is over and come back to the queue. What it decided becomes a figure.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { partitionDecider } = require('../dist/index.js');
const { fold } = require('@solyx/kernel');

const T0 = Date.UTC(2026, 0, 5);
const STEP_MINUTES = 0.5;
const TICKS_MAX = 64;
const iso = (minutes) => new Date(T0 + Math.round(minutes * 60_000)).toISOString();
const event = (type, data) => ({ type: `drm.partition.${type}`, data });

const PRICES = ['owned', 'leased'].flatMap((source) =>
  ['gpu', 'cpu', 'memory'].map((resource) => ({
    source,
    simulated: true,
    resource,
    gpuModel: '*',
    microUsdPerUnit: '1000',
  })),
);

export const sceneNode = (name, gpus = 8) =>
  event('node-joined', {
    terms: {
      nodeId: name,
      source: 'owned',
      provider: 'owned',
      simulated: true,
      executor: 'simulated',
      site: 'home',
      region: 'eu-central',
      costMicroUsdPerHour: '0',
    },
    facts: {
      hostname: name,
      os: 'simulated',
      cpuMilli: 128_000,
      memoryMiB: 1_048_576,
      gpus: Array.from({ length: gpus }, (_, index) => ({ index, model: 'H100', memoryMiB: 81_920 })),
    },
    at: iso(0),
  });

const requestOf = ({ name, gpus, minutes, at, attempt = 1, more = {} }) => ({
  workloadId: name,
  attempt,
  organizationId: 'acme',
  project: 'default',
  name,
  resources: { gpus, gpuMilli: 1_000, cpuMilli: 1_000 * gpus, memoryMiB: 1_024 * gpus },
  nodes: 1,
  placement: { sources: ['owned', 'leased'], regions: [], simulated: true },
  limits: { maxRuntimeSeconds: Math.ceil((more.limitMinutes ?? minutes) * 60) },
  priority: more.priority ?? 50,
  data: [],
  queuedAt: iso(at),
  ...more.request,
});

/** A queue with a quota of whole GPUs, in the cohort of the scene. */
export const sceneQueue = (queueId, gpus, weight = 1) =>
  event('queue-observed', {
    queue: {
      queueId,
      organizationId: 'acme',
      cohort: 'main',
      nominal: { gpuMilli: gpus * 1_000, cpuMilli: gpus * 16_000, memoryMiB: gpus * 131_072 },
      weight,
      priority: 50,
      budgets: [],
    },
    at: iso(0),
  });

/** Who runs, and what is due when. */
class Stage {
  constructor(inputs) {
    this.state = fold(partitionDecider, [
      event('policy-adopted', { policy: 'shadow-price/1', at: iso(0) }),
      event('prices-observed', { version: 1, entries: PRICES, at: iso(0) }),
      ...inputs,
    ]);
    this.running = new Map();
    this.due = [];
    this.segments = [];
    this.sentences = [];
  }

  /** Inputs whose time has come are taken; decisions follow until there are none. */
  advance(minutes, inputs) {
    const ready = this.due.filter(({ at }) => at <= minutes);
    this.due = this.due.filter(({ at }) => at > minutes);
    const all = [...ready.flatMap(({ inputs: late }) => late(minutes)), ...inputs];
    let command = { type: 'Advance', data: { inputs: all, at: iso(minutes) } };
    if (all.length === 0) command = { type: 'Tick', data: { at: iso(minutes) } };
    for (let turn = 0; turn < TICKS_MAX; turn += 1) {
      const { events } = partitionDecider.decide(command, this.state);
      this.state = fold(partitionDecider, events, this.state);
      for (const one of events) this.note(one, minutes);
      if (events.length === 0) return;
      command = { type: 'Tick', data: { at: iso(minutes) } };
    }
  }

  note({ type, data }, minutes) {
    if (type === 'drm.partition.allocation-granted') this.granted(data.allocation, minutes);
    if (type === 'drm.partition.preemption-requested') this.leaves(data, minutes);
    if (type === 'drm.partition.allocation-released') this.released(data, minutes);
    if (type === 'drm.partition.workload-waiting') {
      this.sentences.push({ at: minutes, name: data.workloadId, sentence: data.sentence, reasons: data.reasons });
    }
  }

  granted({ workloadId, attempt, shares }, at) {
    const job = this.jobs.get(workloadId);
    this.running.set(workloadId, { attempt, from: at, shares, job });
    const done = { workloadId, attempt, reason: 'Succeeded' };
    this.due.push({ at: at + job.minutes, inputs: (now) => this.endOf(done, now) });
  }

  endOf(done, now) {
    const held = this.running.get(done.workloadId);
    return held?.attempt === done.attempt ? [event('workload-ended', { ...done, at: iso(now) })] : [];
  }

  leaves({ workloadId, attempt, noticeSeconds, sentence }, at) {
    this.sentences.push({ at, name: workloadId, sentence });
    const held = this.running.get(workloadId);
    held.noticed = at;
    this.due.push({
      at: at + noticeSeconds / 60,
      inputs: (now) => {
        const again = { ...held.job, attempt: attempt + 1 };
        return [
          ...this.endOf({ workloadId, attempt, reason: 'Preempted' }, now),
          event('workload-queued', { request: requestOf(again), at: iso(now) }),
        ];
      },
    });
  }

  released({ workloadId, reason }, at) {
    const held = this.running.get(workloadId);
    if (!held) return;
    this.running.delete(workloadId);
    for (const { nodeId, gpuIndexes } of held.shares) {
      for (const gpu of gpuIndexes) {
        this.segments.push({ name: workloadId, job: held.job, nodeId, gpu, from: held.from, to: at, reason });
      }
    }
  }
}

/**
 * @param inputs nodes, queues, reservations of the beginning
 * @param jobs `{ name, gpus, minutes, at (minutes), more?: { priority, limitMinutes, request } }`
 * @returns `{ segments: [{ name, job, nodeId, gpu, from, to, reason }], sentences, starts: Map of name to minutes }`
 */
export function play(inputs, jobs, until) {
  const stage = new Stage(inputs);
  stage.jobs = new Map(jobs.map((job) => [job.name, job]));
  for (let minutes = 0; minutes <= until; minutes += STEP_MINUTES) {
    const coming = jobs.filter(({ at }) => at >= minutes && at < minutes + STEP_MINUTES);
    stage.advance(
      minutes,
      coming.map((job) => event('workload-queued', { request: requestOf(job), at: iso(minutes) })),
    );
  }
  for (const [name, held] of stage.running) stage.released({ workloadId: name, reason: '' }, until, held);
  const starts = new Map();
  for (const { name, from } of stage.segments) starts.set(name, Math.min(from, starts.get(name) ?? from));
  return { segments: stage.segments, sentences: stage.sentences, starts };
}

/** Kept room, as an input. */
export const sceneReservation = (name, gpus, [from, to], more = {}) =>
  event('reservation-observed', {
    reservation: {
      reservationId: name,
      organizationId: 'acme',
      name,
      resources: { gpus, gpuMilli: 1_000, cpuMilli: 1_000 * gpus, memoryMiB: 1_024 * gpus },
      nodes: 1,
      placement: { sources: ['owned'], regions: [], simulated: true },
      startsAt: iso(from),
      endsAt: iso(to),
      ...more,
    },
    at: iso(0),
  });
