import { Module } from '@nestjs/common';
import { defineContext, EventingModule } from '@solyx/eventing';
import { AgentReportController } from './adapters/agent-report.controller';
import { NatsAgentConsumers } from './adapters/nats-agent-consumers';
import { NatsTaskLogs } from './adapters/nats-task-logs';
import { SystemTimers } from './adapters/system-timers';
import { AdmitAgentHandler } from './application/admit-agent.handler';
import { AgentConsumers } from './application/agent-consumers';
import { agentNode } from './application/agent-node.projection';
import { CancelJobHandler } from './application/cancel-job.handler';
import { DispatchTasksProcess } from './application/dispatch-tasks.process';
import { jobView } from './application/job.projection';
import { PlaceJobHandler } from './application/place-job.handler';
import { RecordReportHandler } from './application/record-report.handler';
import { ReserveQuotaHandler } from './application/reserve-quota.handler';
import { SimulatedExecutor } from './application/simulated-executor.process';
import { simulatedTask } from './application/simulated-task.projection';
import { StopOverdueProcess } from './application/stop-overdue.process';
import { SubmitJobHandler } from './application/submit-job.handler';
import { TaskLogs } from './application/task-logs';
import { Timers } from './application/timers';

export const cmoContext = defineContext({
  context: 'cmo',
  listens: ['billing', 'cmo', 'drm'],
  projections: [jobView, simulatedTask, agentNode],
});

/** The table of contents of this service: what it shows, what it does, what it plugs in. */
@Module({
  imports: [EventingModule.forContext(cmoContext)],
  controllers: [AgentReportController],
  providers: [
    SubmitJobHandler,
    ReserveQuotaHandler,
    PlaceJobHandler,
    CancelJobHandler,
    DispatchTasksProcess,
    RecordReportHandler,
    StopOverdueProcess,
    AdmitAgentHandler,
    SimulatedExecutor,
    { provide: AgentConsumers, useClass: NatsAgentConsumers },
    { provide: TaskLogs, useClass: NatsTaskLogs },
    { provide: Timers, useClass: SystemTimers },
  ],
})
export class CmoModule {}
