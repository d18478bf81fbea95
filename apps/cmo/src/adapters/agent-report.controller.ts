import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, NatsContext, Payload } from '@nestjs/microservices';
import { AgentReport, agentSubjects, nodeOfSubject, readMessage, type AgentReportAnswer } from '@solyx/contracts';
import { SolyxError } from '@solyx/kernel';
import { RecordReportHandler } from '../application/record-report.handler';

/** Reports of agents, request and reply. The subject says who speaks: an agent's identity lets it use its own alone. */
@Controller()
export class AgentReportController {
  constructor(private readonly reports: RecordReportHandler) {}

  @MessagePattern(agentSubjects('report'))
  async report(@Payload() body: unknown, @Ctx() context: NatsContext): Promise<AgentReportAnswer> {
    const nodeId = nodeOfSubject(context.getSubject());
    if (nodeId === undefined) throw new SolyxError('InvalidArgument', 'the subject names no node');
    try {
      return await this.reports.record(nodeId, readMessage(AgentReport, body));
    } catch (thrown) {
      const { code, reason, message, hint, retryable } = SolyxError.from(thrown);
      return { recorded: false, refusal: { code, reason, message: message.slice(0, 1024), hint, retryable } };
    }
  }
}
