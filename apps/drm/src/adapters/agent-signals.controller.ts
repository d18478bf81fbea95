import { Controller, Logger } from '@nestjs/common';
import { Ctx, EventPattern, NatsContext, Payload } from '@nestjs/microservices';
import { AgentHeartbeat, agentSubjects, AgentTelemetry, nodeOfSubject, readMessage } from '@solyx/contracts';
import { Clock, SolyxError } from '@solyx/kernel';
import { Telemetry } from '../application/telemetry';
import { WatchHeartbeatsProcess } from '../application/watch-heartbeats.process';

/** Every process of the service hears heartbeats, whoever leads: no queue group, so that a takeover starts warm. */
const HEARD_BY_ALL = { queue: '' };

/** What agents say without waiting for an answer. The subject tells who speaks: the bus lets an agent use its own alone. */
@Controller()
export class AgentSignalsController {
  private readonly logger = new Logger('AgentSignals');

  constructor(
    private readonly heartbeats: WatchHeartbeatsProcess,
    private readonly telemetry: Telemetry,
    private readonly clock: Clock,
  ) {}

  @EventPattern(agentSubjects('heartbeat'), HEARD_BY_ALL)
  heartbeat(@Payload() body: unknown, @Ctx() context: NatsContext): void {
    const nodeId = nodeOfSubject(context.getSubject());
    if (nodeId !== undefined && this.isRight(AgentHeartbeat, body, nodeId)) this.heartbeats.hear(nodeId);
  }

  @EventPattern(agentSubjects('telemetry'))
  async sample(@Payload() body: unknown, @Ctx() context: NatsContext): Promise<void> {
    const nodeId = nodeOfSubject(context.getSubject());
    if (nodeId === undefined || !this.isRight(AgentTelemetry, body, nodeId)) return;
    try {
      await this.telemetry.record(nodeId, body, this.clock.iso());
    } catch (error) {
      this.logger.warn(`a sample of ${nodeId} was lost: ${SolyxError.from(error).message}`);
    }
  }

  /** A wrong message is told in the log and does no harm. */
  private isRight<T extends object>(schema: new () => T, body: unknown, nodeId: string): body is T {
    try {
      readMessage(schema, body);
      return true;
    } catch (error) {
      this.logger.warn(`${nodeId} sent what is no ${schema.name}: ${SolyxError.from(error).message}`);
      return false;
    }
  }
}
