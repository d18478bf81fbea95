import { accept, refuse, type Command, type Decider } from '@solyx/kernel';
import {
  AutonomyRequested,
  BudgetRequested,
  JobCancellationRequested,
  JobSubmitted,
  NodeDrainRequested,
  NodeJoinRequested,
  ParkedRetryRequested,
  PlanRequested,
  ViewVerificationRequested,
} from '@solyx/contracts/gateway';

export type RequestCommand =
  | Command<'SubmitJob', JobSubmitted['data']>
  | Command<'CancelJob', JobCancellationRequested['data']>
  | Command<'RequestPlan', PlanRequested['data']>
  | Command<'DrainNode', NodeDrainRequested['data']>
  | Command<'SetBudget', BudgetRequested['data']>
  | Command<'SetAutonomy', AutonomyRequested['data']>
  | Command<'VerifyViews', ViewVerificationRequested['data']>
  | Command<'RetryParked', ParkedRetryRequested['data']>
  | Command<'JoinNode', NodeJoinRequested['data']>;
export type RequestEvent =
  | JobSubmitted
  | JobCancellationRequested
  | PlanRequested
  | NodeDrainRequested
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

const eventFor = ({ type, data }: RequestCommand): RequestEvent => {
  switch (type) {
    case 'SubmitJob':
      return JobSubmitted(data);
    case 'CancelJob':
      return JobCancellationRequested(data);
    case 'RequestPlan':
      return PlanRequested(data);
    case 'DrainNode':
      return NodeDrainRequested(data);
    case 'SetBudget':
      return BudgetRequested(data);
    case 'SetAutonomy':
      return AutonomyRequested(data);
    case 'VerifyViews':
      return ViewVerificationRequested(data);
    case 'RetryParked':
      return ParkedRetryRequested(data);
    case 'JoinNode':
      return NodeJoinRequested(data);
  }
};

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
