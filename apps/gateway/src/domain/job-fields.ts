import type { SectionFields } from './field-reader';

/** Every field of a job file, and those that are designed but come later. */
export const JOB_FIELDS = {
  file: {
    known: [
      'solyx',
      'name',
      'kind',
      'project',
      'run',
      'command',
      'env',
      'workdir',
      'resources',
      'nodes',
      'placement',
      'limits',
      'priority',
      'queue',
      'retry',
      'checkpoint',
      'data',
      'simulation',
    ],
    later: ['image', 'args', 'service', 'notify'],
  },
  resources: { known: ['gpu', 'cpu', 'memory', 'topology', 'sharing', 'mig'], later: ['disk'] },
  topology: { known: ['level', 'required'] },
  placement: { known: ['sources', 'regions', 'simulated', 'spot'], later: ['pool'] },
  limits: {
    known: ['budget', 'max_price', 'max_runtime', 'min_runtime', 'deadline'],
    later: ['within', 'energy', 'carbon'],
  },
  retry: { known: ['max', 'on', 'backoff'] },
  checkpoint: { known: ['path', 'every'] },
  data: { known: ['uri', 'site', 'size'], later: ['near'] },
  simulation: { known: ['duration', 'exit_code'] },
} as const satisfies Record<string, SectionFields>;

/** What is meant where a field is left out. */
export const JOB_DEFAULTS = {
  name: 'job',
  project: 'default',
  gpus: 0,
  cpuMilliPerGpu: 1000,
  memoryMiBPerGpu: 1024,
  nodes: 1,
  sources: ['owned', 'leased'],
  maxRuntimeSeconds: 3600,
  priority: 50,
  retries: 3,
  retryOn: ['node-lost', 'preempted'],
  backoffSeconds: { min: 5, max: 300 },
  checkpointEverySeconds: 600,
  simulation: { durationMs: 10_000, exitCode: 0 },
} as const;
