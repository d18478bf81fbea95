import type { AgentTelemetry } from '@solyx/contracts';

/** Keeps what agents measured. Samples are no events: losing some costs a gap in a curve, never truth. */
export abstract class Telemetry {
  abstract record(nodeId: string, sample: AgentTelemetry, receivedAt: string): Promise<void>;
}
