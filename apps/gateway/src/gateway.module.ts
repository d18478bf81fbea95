import { readFileSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { Clock } from '@solyx/kernel';
import { defineContext, EventingModule, NatsLink } from '@solyx/eventing';
import { readAgentSigner } from '@solyx/platform';
import { Doors, GatewayEdge } from './adapters/gateway-edge';
import {
  ApiResolvers,
  CapacityQueries,
  MutationResolvers,
  OperatorMutations,
  OperatorQueries,
  QueryResolvers,
  SubscriptionResolvers,
} from './adapters/graphql/resolvers';
import { MoneyMutations, MoneyQueries } from './adapters/graphql/money.resolvers';
import { HmacKeys } from './adapters/hmac-keys';
import { JetStreamLogLines } from './adapters/jetstream-log-lines';
import { NatsAgentIdentities } from './adapters/nats-agent-identities';
import { NatsBillingDesk } from './adapters/nats-billing-desk';
import { NatsServiceHealth } from './adapters/nats-service-health';
import { AccessCommands } from './application/access.commands';
import { AgentIdentities } from './application/agent-identities';
import { Authenticator } from './application/authenticator';
import { Bootstrap } from './application/bootstrap';
import { DoctorQuery } from './application/doctor.query';
import { EventVisibility } from './application/event-visibility';
import { EventsQuery } from './application/events.query';
import { FleetQuery } from './application/fleet.query';
import { Freshness } from './application/freshness';
import { Gate } from './application/gate';
import { GatewaySettings } from './application/gateway-settings';
import { JobCommands } from './application/job.commands';
import { JobsQuery } from './application/jobs.query';
import { Join } from './application/join';
import { Keys } from './application/keys';
import { KnownQueues } from './application/known-queues';
import { LiveQuery } from './application/live.query';
import { LogLines } from './application/log-lines';
import { AccountsQuery } from './application/money/accounts.query';
import { BillingDesk } from './application/money/billing-desk';
import { DocumentsQuery } from './application/money/documents.query';
import { Listings } from './application/money/listings';
import { PricesQuery } from './application/money/prices.query';
import { WebhooksQuery } from './application/money/webhooks.query';
import { Wishes } from './application/money/wishes';
import { MoneyQuery } from './application/money.query';
import { NodeCommands } from './application/node.commands';
import { OperatorCommands } from './application/operator.commands';
import { OptimizerQuery } from './application/optimizer.query';
import { OutlookCommands } from './application/outlook.commands';
import { QueueCommands } from './application/queue.commands';
import { QueuesQuery } from './application/queues.query';
import { Requests } from './application/requests';
import { SchedulerQuery } from './application/scheduler.query';
import { ServiceHealth } from './application/service-health';
import { TenantViews } from './application/tenant-views';
import { ParkedQuery } from './application/parked.query';
import { PROJECTIONS } from './application/views';
import { WhyQuery } from './application/why.query';
import { config } from './config';
import { requiredPepper, settingsOf } from './settings';

export const gatewayContext = defineContext({ context: 'gateway', projections: PROJECTIONS });

/** The only door for customers: who may ask, what was asked, and what is shown. */
@Module({
  imports: [EventingModule.forContext(gatewayContext)],
  providers: [
    // Asked by customers.
    JobCommands,
    OutlookCommands,
    QueueCommands,
    NodeCommands,
    OperatorCommands,
    AccessCommands,
    JobsQuery,
    FleetQuery,
    QueuesQuery,
    EventsQuery,
    WhyQuery,
    MoneyQuery,
    OptimizerQuery,
    SchedulerQuery,
    DoctorQuery,
    ParkedQuery,
    LiveQuery,
    // Asked about money.
    Wishes,
    Listings,
    AccountsQuery,
    PricesQuery,
    WebhooksQuery,
    DocumentsQuery,
    // Asked by machines.
    Join,
    // Behind each of them.
    Authenticator,
    Gate,
    Requests,
    KnownQueues,
    TenantViews,
    EventVisibility,
    Freshness,
    Bootstrap,
    // The edge.
    MoneyQueries,
    MoneyMutations,
    CapacityQueries,
    OperatorQueries,
    OperatorMutations,
    QueryResolvers,
    MutationResolvers,
    SubscriptionResolvers,
    ApiResolvers,
    Doors,
    GatewayEdge,
    {
      provide: GatewaySettings,
      useFactory: () => settingsOf(config, (path) => readFileSync(path, 'utf8'), readAgentSigner),
    },
    { provide: Keys, useFactory: () => new HmacKeys(requiredPepper(config.keyPepper)) },
    { provide: LogLines, inject: [NatsLink], useFactory: (link: NatsLink) => new JetStreamLogLines(link) },
    { provide: BillingDesk, inject: [NatsLink], useFactory: (link: NatsLink) => new NatsBillingDesk(link) },
    { provide: ServiceHealth, inject: [NatsLink], useFactory: (link: NatsLink) => new NatsServiceHealth(link) },
    {
      provide: AgentIdentities,
      inject: [GatewaySettings, Clock],
      useFactory: ({ agentSigner }: GatewaySettings, clock: Clock) => new NatsAgentIdentities(agentSigner, clock),
    },
  ],
})
export class GatewayModule {}
