import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { AgentTelemetry } from '@solyx/contracts';
import { Database, EventingOptions, GPU_SAMPLES, NODE_SAMPLES, OnTick, TimeSeries, type Sample } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { Telemetry } from '../application/telemetry';

const MAINTAIN_EVERY_MS = 60_000;

/** Samples by the time at which they came: hypertables where the database has TimescaleDB, native partitions else. */
@Injectable()
export class TimeSeriesTelemetry extends Telemetry implements OnApplicationShutdown {
  private readonly database: Database;
  private readonly nodes: TimeSeries;
  private readonly gpus: TimeSeries;

  constructor(@Inject(EventingOptions) options: EventingOptions, clock: Clock) {
    super();
    this.database = new Database(options);
    this.nodes = new TimeSeries(this.database, NODE_SAMPLES, clock);
    this.gpus = new TimeSeries(this.database, GPU_SAMPLES, clock);
  }

  /** What comes from agents is measured; the simulated fleet sends nothing. */
  override async record(nodeId: string, sample: AgentTelemetry, receivedAt: string): Promise<void> {
    await this.nodes.write([
      {
        at: receivedAt,
        node_id: nodeId,
        cpu_percent: sample.cpuPercent,
        memory_used_mib: sample.memoryUsedMiB,
        memory_total_mib: sample.memoryTotalMiB,
        simulated: false,
      },
    ]);
    await this.gpus.write(sample.gpus.map((gpu) => gpuSample(nodeId, gpu, receivedAt)));
  }

  @OnTick(MAINTAIN_EVERY_MS)
  async maintain(): Promise<void> {
    await this.nodes.maintain();
    await this.gpus.maintain();
  }

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}

const gpuSample = (nodeId: string, gpu: AgentTelemetry['gpus'][number], at: string): Sample => ({
  at,
  node_id: nodeId,
  gpu_index: gpu.index,
  utilization_percent: gpu.utilizationPercent ?? null,
  memory_used_mib: gpu.memoryUsedMiB,
  temperature_c: gpu.temperatureC ?? null,
  power_w: gpu.powerW ?? null,
  simulated: false,
});
