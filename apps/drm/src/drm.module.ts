import { Module } from '@nestjs/common';
import { DecisionReplay, defineContext, EventingModule } from '@solyx/eventing';
import { AgentSignalsController } from './adapters/agent-signals.controller';
import { HighsSolver } from './adapters/highs-solver';
import { SimulatedLessor, SimulatedMarket } from './adapters/simulated-lessor';
import { TimeSeriesTelemetry } from './adapters/time-series-telemetry';
import { AdoptPolicyProcess } from './application/adopt-policy.process';
import { AdvanceTimeProcess } from './application/advance-time.process';
import { AnswerQuestionHandler } from './application/answer-question.handler';
import { DrainNodeProcess } from './application/drain-node.process';
import { DrmSettings } from './application/drm-settings';
import { ForeseeStartsProcess } from './application/foresee-starts.process';
import { HearEvictionsProcess } from './application/hear-evictions.process';
import { HearMarketHandler } from './application/hear-market.handler';
import { LeaseNodeProcess } from './application/lease-node.process';
import { leaseView } from './application/lease.projection';
import { Lessor } from './application/lessor';
import { LinearSolver } from './application/linear-solver';
import { ManageNodeHandler } from './application/manage-node.handler';
import { ManageQueueHandler } from './application/manage-queue.handler';
import { nodeView } from './application/node.projection';
import { ObserveOffersProcess } from './application/observe-offers.process';
import { PartitionInbox } from './application/partition-inbox';
import { PartitionReplay } from './application/partition-replay.query';
import { PlanWorkloadHandler } from './application/plan-workload.handler';
import { QueueWorkloadHandler } from './application/queue-workload.handler';
import { queueView } from './application/queue.projection';
import { ReconcileLeasesProcess } from './application/reconcile-leases.process';
import { RegisterFleetProcess } from './application/register-fleet.process';
import { SolvePricesProcess } from './application/solve-prices.process';
import { Telemetry } from './application/telemetry';
import { WatchHeartbeatsProcess } from './application/watch-heartbeats.process';
import { drmSettings, simulatedMarket } from './config';

export const drmContext = defineContext({
  context: 'drm',
  listens: ['billing', 'cmo', 'drm', 'optimizer', 'sdn'],
  projections: [nodeView, queueView, leaseView],
});

/** The table of contents of this service: what it shows, what it does, what it plugs in. */
@Module({
  imports: [EventingModule.forContext(drmContext)],
  controllers: [AgentSignalsController],
  providers: [
    PartitionInbox,
    QueueWorkloadHandler,
    HearMarketHandler,
    HearEvictionsProcess,
    ManageNodeHandler,
    ManageQueueHandler,
    PlanWorkloadHandler,
    AnswerQuestionHandler,
    ForeseeStartsProcess,
    AdoptPolicyProcess,
    AdvanceTimeProcess,
    DrainNodeProcess,
    LeaseNodeProcess,
    ObserveOffersProcess,
    WatchHeartbeatsProcess,
    ReconcileLeasesProcess,
    RegisterFleetProcess,
    SolvePricesProcess,
    { provide: DrmSettings, useFactory: drmSettings },
    { provide: SimulatedMarket, useFactory: simulatedMarket },
    { provide: Lessor, useClass: SimulatedLessor },
    { provide: LinearSolver, useClass: HighsSolver },
    { provide: Telemetry, useClass: TimeSeriesTelemetry },
    { provide: DecisionReplay, useClass: PartitionReplay },
  ],
})
export class DrmModule {}
