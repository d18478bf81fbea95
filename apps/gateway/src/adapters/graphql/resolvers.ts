import { Injectable } from '@nestjs/common';
import { AccessCommands } from '../../application/access.commands';
import { DoctorQuery } from '../../application/doctor.query';
import { EventsQuery, type EventsArguments } from '../../application/events.query';
import { FleetQuery } from '../../application/fleet.query';
import { JobCommands } from '../../application/job.commands';
import { JobsQuery, type JobsArguments } from '../../application/jobs.query';
import { LiveQuery } from '../../application/live.query';
import { NodeCommands } from '../../application/node.commands';
import { OutlookCommands } from '../../application/outlook.commands';
import { QueueCommands } from '../../application/queue.commands';
import { QueuesQuery } from '../../application/queues.query';
import { MoneyQuery, type ChargesArguments } from '../../application/money.query';
import { OperatorCommands, type AutonomyInput } from '../../application/operator.commands';
import { OptimizerQuery } from '../../application/optimizer.query';
import { ParkedQuery } from '../../application/parked.query';
import { SchedulerQuery } from '../../application/scheduler.query';
import { WhyQuery } from '../../application/why.query';
import type { AtInput } from '../../domain/instant';
import { JOB_SCHEMA } from '../../domain/job-schema';
import { MoneyMutations, MoneyQueries } from './money.resolvers';
import type { GraphqlContext, Resolvers } from './schema';

interface AtArguments {
  readonly at?: AtInput | null;
}
type IdAtArguments = AtArguments & { readonly id: string };
interface KeyArguments {
  readonly idempotencyKey: string;
}
type NodeArguments = KeyArguments & { readonly id: string; readonly reason?: string | null };
type Context = GraphqlContext;

/** What is there to place work on, and by whose quota. */
@Injectable()
export class CapacityQueries {
  constructor(
    readonly fleet: FleetQuery,
    readonly queues: QueuesQuery,
  ) {}
}

/** What operators ask of the platform and of its nodes. */
@Injectable()
export class OperatorMutations {
  constructor(
    readonly platform: OperatorCommands,
    readonly nodes: NodeCommands,
    readonly queues: QueueCommands,
  ) {}
}

/** What operators ask. */
@Injectable()
export class OperatorQueries {
  constructor(
    readonly doctor: DoctorQuery,
    readonly parked: ParkedQuery,
    readonly scheduler: SchedulerQuery,
  ) {}
}

/** Fields of Query. */
@Injectable()
export class QueryResolvers {
  constructor(
    private readonly jobs: JobsQuery,
    private readonly capacity: CapacityQueries,
    private readonly events: EventsQuery,
    private readonly why: WhyQuery,
    private readonly money: MoneyQuery,
    private readonly optimizer: OptimizerQuery,
    private readonly operators: OperatorQueries,
    private readonly access: AccessCommands,
  ) {}

  map(): Resolvers['Query'] {
    return {
      job: (_root, { id, at }: IdAtArguments, { operation }: Context) => this.jobs.job(operation, id, at),
      jobs: (_root, args: JobsArguments, { operation }: Context) => this.jobs.jobs(operation, args),
      ...this.capacityQueries(),
      events: (_root, args: EventsArguments, { operation }: Context) => this.events.events(operation, args),
      why: (_root, { jobId, at }: AtArguments & { jobId: string }, { operation }: Context) =>
        this.why.job(operation, jobId, at),
      whyRoute: (_root, args: AtArguments & { fromSite: string; toSite: string }, { operation }: Context) =>
        this.why.route(operation, args.fromSite, args.toSite, args.at),
      charges: (_root, args: ChargesArguments, { operation }: Context) => this.money.charges(operation, args),
      budget: (_root, { at }: AtArguments, { operation }: Context) => this.money.budget(operation, at),
      optimizer: (_root, { at }: AtArguments, { operation }: Context) => this.optimizer.optimizer(operation, at),
      parked: (_root, { first }: { first: number }, { operation }: Context) =>
        this.operators.parked.parked(operation, first),
      scheduler: (_root, { at }: AtArguments, { operation }: Context) =>
        this.operators.scheduler.scheduler(operation, at),
      doctor: (_root, _args, { operation }: Context) => this.operators.doctor.doctor(operation),
      apiKeys: (_root, _args, { operation }: Context) => this.access.apiKeys(operation),
      jobSchema: () => JOB_SCHEMA,
    };
  }

  private capacityQueries(): Resolvers['Query'] {
    const { fleet, queues } = this.capacity;
    return {
      fleet: (_root, { at }: AtArguments, { operation }: Context) => fleet.fleet(operation, at),
      node: (_root, { id, at }: IdAtArguments, { operation }: Context) => fleet.node(operation, id, at),
      offers: (_root, { at }: AtArguments, { operation }: Context) => fleet.offers(operation, at),
      queues: (_root, { at }: AtArguments, { operation }: Context) => queues.queues(operation, at),
      queue: (_root, { id, at }: IdAtArguments, { operation }: Context) => queues.queue(operation, id, at),
      reservations: (_root, { at }: AtArguments, { operation }: Context) => queues.reservations(operation, at),
    };
  }
}

/** Fields of Mutation. */
@Injectable()
export class MutationResolvers {
  constructor(
    private readonly jobs: JobCommands,
    private readonly outlook: OutlookCommands,
    private readonly operators: OperatorMutations,
    private readonly access: AccessCommands,
  ) {}

  map(): Resolvers['Mutation'] {
    return {
      ...this.jobMutations(),
      ...this.queueMutations(),
      ...this.nodeMutations(),
      ...this.operatorMutations(),
      ...this.accessMutations(),
    };
  }

  private jobMutations(): Resolvers['Mutation'] {
    return {
      submitJob: (_root, args: KeyArguments & { spec: unknown }, { operation }: Context) =>
        this.jobs.submit(operation, args.spec, args.idempotencyKey),
      cancelJob: (_root, args: KeyArguments & { id: string; reason?: string | null }, { operation }: Context) =>
        this.jobs.cancel(operation, args.id, args.reason, args.idempotencyKey),
      plan: (_root, args: KeyArguments & { spec: unknown }, { operation }: Context) =>
        this.jobs.plan(operation, args.spec, args.idempotencyKey),
      eta: (_root, args: KeyArguments & { jobId?: string | null; spec?: unknown }, { operation }: Context) =>
        this.outlook.eta(operation, args, args.idempotencyKey),
      explain: (_root, args: KeyArguments & { jobId: string }, { operation }: Context) =>
        this.outlook.explain(operation, args.jobId, args.idempotencyKey),
      measureFleet: (_root, args: KeyArguments, { operation }: Context) =>
        this.outlook.measureFleet(operation, args.idempotencyKey),
    };
  }

  private queueMutations(): Resolvers['Mutation'] {
    const { queues } = this.operators;
    return {
      setQueue: (_root, args: KeyArguments & { id: string; spec: unknown }, { operation }: Context) =>
        queues.set(operation, args.id, args.spec, args.idempotencyKey),
      removeQueue: (_root, args: KeyArguments & { id: string }, { operation }: Context) =>
        queues.remove(operation, args.id, args.idempotencyKey),
      reserve: (_root, args: KeyArguments & { spec: unknown }, { operation }: Context) =>
        queues.reserve(operation, args.spec, args.idempotencyKey),
      cancelReservation: (_root, args: NodeArguments, { operation }: Context) =>
        queues.cancelReservation(operation, args.id, args.reason, args.idempotencyKey),
    };
  }

  private nodeMutations(): Resolvers['Mutation'] {
    const { nodes } = this.operators;
    const wish = ({ id, reason }: NodeArguments, otherwise: string) => ({
      nodeId: id,
      reason: (reason ?? otherwise).slice(0, 1024),
    });
    return {
      drainNode: (_root, args: NodeArguments & { leave: boolean }, { operation }: Context) =>
        nodes.drain(operation, { ...wish(args, 'Drained'), leave: args.leave }, args.idempotencyKey),
      cordonNode: (_root, args: NodeArguments, { operation }: Context) =>
        nodes.cordon(operation, wish(args, 'Cordoned'), args.idempotencyKey),
      uncordonNode: (_root, args: NodeArguments, { operation }: Context) =>
        nodes.uncordon(operation, wish(args, 'Uncordoned'), args.idempotencyKey),
      procureNode: (_root, args: KeyArguments & { id: string; spec: unknown }, { operation }: Context) =>
        nodes.procure(operation, args.id, args.spec, args.idempotencyKey),
    };
  }

  private operatorMutations(): Resolvers['Mutation'] {
    const { platform } = this.operators;
    return {
      setAutonomy: (_root, args: KeyArguments & AutonomyInput, { operation }: Context) =>
        platform.setAutonomy(operation, args, args.idempotencyKey),
      verifyReplay: (_root, args: KeyArguments, { operation }: Context) =>
        platform.verifyReplay(operation, args.idempotencyKey),
      retryParked: (_root, args: KeyArguments & { context: string; eventId?: string | null }, { operation }: Context) =>
        platform.retryParked(operation, args.context, args.eventId, args.idempotencyKey),
    };
  }

  private accessMutations(): Resolvers['Mutation'] {
    return {
      createJoinToken: (_root, args: KeyArguments & { minutes: number }, { operation }: Context) =>
        this.access.createJoinToken(operation, args.minutes, args.idempotencyKey),
      createApiKey: (
        _root,
        { idempotencyKey, name, roles, days }: KeyArguments & { name: string; roles: readonly string[]; days: number },
        { operation }: Context,
      ) => this.access.createApiKey(operation, { name, roles, days }, idempotencyKey),
      revokeApiKey: (_root, args: KeyArguments & { id: string }, { operation }: Context) =>
        this.access.revokeApiKey(operation, args.id, args.idempotencyKey),
    };
  }
}

/** Fields of Subscription. */
@Injectable()
export class SubscriptionResolvers {
  constructor(private readonly live: LiveQuery) {}

  map(): Resolvers['Subscription'] {
    return {
      jobEvents: (args: { id: string; after?: string | null }, { operation }, signal) =>
        this.live.jobEvents(operation, args.id, args.after, signal),
      logs: (args: { jobId: string; after?: string | null; attempt?: number | null }, { operation }, signal) =>
        this.live.logs(operation, args, signal),
      fleet: (args: { after?: string | null }, { operation }, signal) => this.live.fleet(operation, args.after, signal),
      events: (args: { after?: string | null; types?: readonly string[] | null }, { operation }, signal) =>
        this.live.events(operation, args, signal),
    };
  }
}

/** Every root field of the schema. */
@Injectable()
export class ApiResolvers {
  constructor(
    private readonly queries: QueryResolvers,
    private readonly mutations: MutationResolvers,
    private readonly subscriptions: SubscriptionResolvers,
    private readonly moneyQueries: MoneyQueries,
    private readonly moneyMutations: MoneyMutations,
  ) {}

  map(): Resolvers {
    return {
      Query: { ...this.queries.map(), ...this.moneyQueries.map() },
      Mutation: { ...this.mutations.map(), ...this.moneyMutations.map() },
      Subscription: this.subscriptions.map(),
    };
  }
}
