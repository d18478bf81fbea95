import { accept, refuse, type Command, type Decider, type DomainEvent } from '@solyx/kernel';
import {
  AutonomyRequested,
  BudgetRequested,
  EtaRequested,
  ExplanationRequested,
  FleetFiguresRequested,
  JobCancellationRequested,
  JobSubmitted,
  NodeCordonRequested,
  NodeDrainRequested,
  NodeJoinRequested,
  NodeUncordonRequested,
  ParkedRetryRequested,
  PlanRequested,
  ProcurementRequested,
  QueueRequested,
  ReservationCancelRequested,
  ReservationRequested,
  ViewVerificationRequested,
} from '@solyx/contracts/gateway';

/** A wish that is recorded as it was made: what it is, its contract says. */
export type Wished = DomainEvent<`gateway.request.${string}`, { readonly fingerprint: string }>;

export type RequestCommand =
  | Command<'Ask', { readonly fingerprint: string; readonly event: Wished }>
  | Command<'SubmitJob', JobSubmitted['data']>
  | Command<'CancelJob', JobCancellationRequested['data']>
  | Command<'RequestPlan', PlanRequested['data']>
  | Command<'RequestEta', EtaRequested['data']>
  | Command<'RequestExplanation', ExplanationRequested['data']>
  | Command<'MeasureFleet', FleetFiguresRequested['data']>
  | Command<'DrainNode', NodeDrainRequested['data']>
  | Command<'CordonNode', NodeCordonRequested['data']>
  | Command<'UncordonNode', NodeUncordonRequested['data']>
  | Command<'ProcureNode', ProcurementRequested['data']>
  | Command<'SetQueue', QueueRequested['data']>
  | Command<'Reserve', ReservationRequested['data']>
  | Command<'CancelReservation', ReservationCancelRequested['data']>
  | Command<'SetBudget', BudgetRequested['data']>
  | Command<'SetAutonomy', AutonomyRequested['data']>
  | Command<'VerifyViews', ViewVerificationRequested['data']>
  | Command<'RetryParked', ParkedRetryRequested['data']>
  | Command<'JoinNode', NodeJoinRequested['data']>;
export type RequestEvent =
  | Wished
  | JobSubmitted
  | JobCancellationRequested
  | PlanRequested
  | EtaRequested
  | ExplanationRequested
  | FleetFiguresRequested
  | NodeDrainRequested
  | NodeCordonRequested
  | NodeUncordonRequested
  | ProcurementRequested
  | QueueRequested
  | ReservationRequested
  | ReservationCancelRequested
  | BudgetRequested
  | AutonomyRequested
  | ViewVerificationRequested
  | ParkedRetryRequested
  | NodeJoinRequested;
export type RequestRefusal = 'IdempotencyKeyReused';

/** One request of a customer: made once, never changed. */
export interface Request {
  readonly phase: 'None' | 'Recorded';
  /** Of the normalised input: what makes a repeat the same request. */
  readonly fingerprint: string;
}

/** A join has no key of the customer's: the machine's public key is what makes it the same. */
const fingerprintOf = (data: RequestEvent['data']): string =>
  'fingerprint' in data ? data.fingerprint : data.publicKey;

type EventOf = { readonly [C in RequestCommand as C['type']]: (data: C['data']) => RequestEvent };

/** Each wish is one event. */
const EVENT_OF: EventOf = {
  Ask: ({ event }) => event,
  SubmitJob: JobSubmitted,
  CancelJob: JobCancellationRequested,
  RequestPlan: PlanRequested,
  RequestEta: EtaRequested,
  RequestExplanation: ExplanationRequested,
  MeasureFleet: FleetFiguresRequested,
  DrainNode: NodeDrainRequested,
  CordonNode: NodeCordonRequested,
  UncordonNode: NodeUncordonRequested,
  ProcureNode: ProcurementRequested,
  SetQueue: QueueRequested,
  Reserve: ReservationRequested,
  CancelReservation: ReservationCancelRequested,
  SetBudget: BudgetRequested,
  SetAutonomy: AutonomyRequested,
  VerifyViews: ViewVerificationRequested,
  RetryParked: ParkedRetryRequested,
  JoinNode: NodeJoinRequested,
};

const eventFor = ({ type, data }: RequestCommand): RequestEvent =>
  (EVENT_OF[type] as (data: RequestCommand['data']) => RequestEvent)(data);

/** Claims an idempotency key by being the first event of its stream: same input again is "already so". */
export const requestDecider: Decider<RequestCommand, Request, RequestEvent, RequestRefusal> = {
  name: 'gateway.request',
  initial: { phase: 'None', fingerprint: '' },

  decide(command, request) {
    if (request.phase === 'None') return accept(eventFor(command));
    return request.fingerprint === fingerprintOf(command.data) ? accept() : refuse('IdempotencyKeyReused');
  },

  evolve: (_request, { data }) => ({ phase: 'Recorded', fingerprint: fingerprintOf(data) }),
};
