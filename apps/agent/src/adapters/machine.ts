import { execFile } from 'node:child_process';
import { availableParallelism, cpus, freemem, hostname, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import type { NodeFacts } from '@solyx/contracts';
import type { AgentTelemetry, GpuSample, TaskSample } from '@solyx/contracts/agent';
import { GPU_FACTS_QUERY, GPU_SAMPLE_QUERY, parseGpuFacts, parseGpuSamples } from '../domain/nvidia-smi';
import { readTextNow } from './files';

const MIB = 2 ** 20;
const NVIDIA_SMI_WITHIN_MS = 10_000;
const run = promisify(execFile);

/** CSV from nvidia-smi; undefined on machines without it, or without a GPU that answers. */
async function nvidiaSmi(query: string): Promise<string | undefined> {
  try {
    const words = [`--query-gpu=${query}`, '--format=csv,noheader,nounits'];
    const { stdout } = await run('nvidia-smi', words, { timeout: NVIDIA_SMI_WITHIN_MS, maxBuffer: MIB });
    return stdout;
  } catch {
    return undefined;
  }
}

/** Memory that this process may use: the machine's, or less in a container. */
function memoryTotalMiB(): number {
  const allowed = process.constrainedMemory();
  const total = totalmem();
  return Math.floor((allowed > 0 && allowed < total ? allowed : total) / MIB);
}

/** What the machine can do, found out and not configured. */
export async function machineFacts(): Promise<NodeFacts> {
  const csv = await nvidiaSmi(GPU_FACTS_QUERY);
  const { gpus, driver } = csv === undefined ? { gpus: [] } : parseGpuFacts(csv);
  return {
    hostname: hostname().slice(0, 128) || 'unknown',
    os: `${type()} ${release()}`,
    cpuMilli: availableParallelism() * 1000,
    memoryMiB: memoryTotalMiB(),
    gpus,
    ...(driver === undefined ? {} : { driver }),
  };
}

interface CpuTimes {
  readonly busy: number;
  readonly all: number;
}

function cpuTimes(): CpuTimes {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq + times.idle;
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}

/** MemAvailable is what Linux could give to a new process; free memory alone says little. */
function memoryFreeMiB(): number {
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readTextNow('/proc/meminfo') ?? '');
  return available ? Math.floor(Number(available[1]) / 1024) : Math.floor(freemem() / MIB);
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Measures the machine, sample after sample. */
export class Meter {
  private before = cpuTimes();

  constructor(private readonly hasGpus: boolean) {}

  async sample(tasks: readonly TaskSample[]): Promise<AgentTelemetry> {
    const now = cpuTimes();
    const all = now.all - this.before.all;
    const cpuPercent = all > 0 ? (100 * (now.busy - this.before.busy)) / all : 0;
    this.before = now;
    const csv = this.hasGpus ? await nvidiaSmi(GPU_SAMPLE_QUERY) : undefined;
    const gpus: readonly GpuSample[] = csv === undefined ? [] : parseGpuSamples(csv);
    const total = Math.floor(totalmem() / MIB);
    return {
      at: new Date().toISOString(),
      cpuPercent: round(Math.min(100, Math.max(0, cpuPercent))),
      load1: Math.round((loadavg()[0] ?? 0) * 100) / 100,
      memoryUsedMiB: Math.max(0, total - memoryFreeMiB()),
      memoryTotalMiB: total,
      gpus,
      tasks,
    };
  }
}
