import { derivePrefixedId, SolyxError } from '@solyx/kernel';
import {
  BUDGET_WISHES,
  JobCommands,
  NodeCommands,
  Operation,
  OperatorCommands,
  organizationDecider,
  Wishes,
} from '@solyx/gateway';
import { onOccasion } from '@solyx/eventing';
import type { Chance } from '../engine/chance';
import type { Plane } from '../plane/plane';
import type { Life } from '../plane/process';
import { MACHINE, type Action } from './actions';

const TIMEOUT_MS = 20_000;
const TRIES_MAX = 400;

/** What a customer was told in the end. */
export interface Answer {
  readonly action: Action;
  /** `ack`, or the reason of a refusal. */
  readonly said: string;
  readonly value: object;
}

interface Shown {
  readonly __typename: string;
  readonly code?: string;
  readonly reason?: string;
}

export const jobIdOf = (organizationId: string, submitKey: string): string =>
  derivePrefixedId('job', derivePrefixedId('req', organizationId, 'submitJob', submitKey));

/** Asks through the gateway's own classes, and asks again with the same key until there is an answer. */
export class Customer {
  readonly answers: Answer[] = [];
  pending = 0;

  constructor(
    private readonly plane: Plane,
    private readonly chance: Chance,
  ) {}

  /** When its time has come, which a jump of the clock may bring all at once. */
  actLater(action: Action): void {
    this.pending += 1;
    this.plane.scheduler.after(action.atMs, () => {
      this.pending -= 1;
      void this.act(action);
    });
  }

  /** Resolves with the answer. */
  async act(action: Action): Promise<void> {
    this.pending += 1;
    const value = await this.insist(
      (gateway) => this.ask(gateway, action) as Promise<Shown>,
      `${action.kind} ${action.key}`,
    );
    this.pending -= 1;
    if (value) this.answers.push({ action, said: value.reason ?? 'ack', value });
  }

  /** Until it is done, whatever happens to the gateway meanwhile. */
  async insist<T extends object>(work: (gateway: Life) => Promise<T>, what: string): Promise<T | undefined> {
    const { scheduler } = this.plane;
    for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
      const gateway = this.plane.process('gateway').life;
      try {
        const value = gateway && (await scheduler.within(work(gateway), TIMEOUT_MS));
        if (value && (value as Partial<Shown>).code !== 'DeadlineExceeded') return value;
      } catch (thrown) {
        const error = SolyxError.from(thrown);
        if (!error.retryable) {
          this.plane.fail('nothing breaks', `${what}: ${error.code} ${error.message}`);
          return undefined;
        }
      }
      await scheduler.sleep(this.chance.between(100, 3_000));
    }
    this.plane.fail('every request is answered', `${what} has no answer after ${TRIES_MAX} tries`);
    return undefined;
  }

  async register(organizationId: string): Promise<void> {
    this.pending += 1;
    const data = { organizationId, name: organizationId, at: this.plane.scheduler.clock.iso() };
    const occasion = onOccasion('gateway', `register/${organizationId}`, organizationId);
    await this.insist(
      ({ streams }) =>
        streams.transact(organizationDecider, organizationId, { type: 'RegisterOrganization', data }, occasion),
      `register ${organizationId}`,
    );
    this.pending -= 1;
  }

  operation(organizationId: string): Operation {
    const actor = { kind: 'key', id: `key_${organizationId}`, roles: ['owner'] } as const;
    return new Operation({ actor, organizationId }, `operation-${organizationId}`);
  }

  private ask({ injector }: Life, action: Action): Promise<object> {
    const operation = this.operation(action.organizationId);
    const jobs = injector.get(JobCommands);
    const operator = injector.get(OperatorCommands);
    const { key } = action;
    switch (action.kind) {
      case 'submit':
        return jobs.submit(operation, action.file, key);
      case 'cancel':
        return jobs.cancel(operation, jobIdOf(action.organizationId, action.submitKey), 'enough', key);
      case 'plan':
        return jobs.plan(operation, action.file, key);
      case 'drain': {
        const nodeId = action.nodeId === MACHINE ? (this.plane.machines[0]?.nodeId ?? '') : action.nodeId;
        return injector.get(NodeCommands).drain(operation, { nodeId, leave: action.leave, reason: 'repair' }, key);
      }
      case 'budget': {
        const args = { limitMicroUsd: action.limitMicroUsd, period: action.period, idempotencyKey: key };
        return injector.get(Wishes).ask(operation, 'setBudget', BUDGET_WISHES.setBudget, args);
      }
      case 'autonomy': {
        const limits = { leasedNodesMax: 3, leaseMicroUsdPerHourMax: '50000000', leasesPerHourMax: 4 };
        return operator.setAutonomy(operation, { level: action.level, killSwitch: action.killSwitch, limits }, key);
      }
      case 'retryParked':
        return operator.retryParked(operation, action.context, undefined, key);
      case 'verify':
        return operator.verifyReplay(operation, key);
    }
  }
}
