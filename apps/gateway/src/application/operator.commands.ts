import { Injectable } from '@nestjs/common';
import { Clock, SolyxError, type Recorded } from '@solyx/kernel';
import { AUTONOMY_LEVELS, CONTEXTS, type ViewCheck } from '@solyx/contracts';
import { EventLog } from '@solyx/eventing';
import { nearest } from '../domain/nearest';
import { Gate } from './gate';
import type { Operation } from './operation';
import { isRefusal, refusable, type Refusal } from './refusal';
import { isRefused, Requests, type Ack } from './requests';

const VERIFY_WAIT_MS = 8_000;
const MICRO = /^\d{1,18}$/;

const invalid = (message: string, hint: string): SolyxError => new SolyxError('InvalidArgument', message, {}, { hint });

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  const meant = nearest(value, allowed);
  throw invalid(
    `${name} is not one of ${allowed.join(', ')}`,
    meant ? `Did you mean ${meant}?` : `Write ${allowed[0] ?? ''}.`,
  );
}

function micro(name: string, value: string): string {
  if (MICRO.test(value)) return value;
  throw invalid(`${name} is not a whole number of micro-USD`, 'Write 25000000 for 25.00 USD.');
}

export interface AutonomyInput {
  readonly level: string;
  readonly killSwitch: boolean;
  readonly limits: {
    readonly leasedNodesMax: number;
    readonly leaseMicroUsdPerHourMax: string;
    readonly leasesPerHourMax: number;
  };
}

/** What operators ask of the platform. */
@Injectable()
export class OperatorCommands {
  constructor(
    private readonly requests: Requests,
    private readonly gate: Gate,
    private readonly log: EventLog,
    private readonly clock: Clock,
  ) {}

  async setAutonomy(operation: Operation, wanted: AutonomyInput, idempotencyKey: string): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'optimizer:set');
    return refusable(async () => {
      const { leasedNodesMax, leaseMicroUsdPerHourMax, leasesPerHourMax } = wanted.limits;
      if (leasedNodesMax < 0 || leasesPerHourMax < 0) throw invalid('a limit is negative', 'Write 0 to allow none.');
      const limits = {
        leasedNodesMax,
        leaseMicroUsdPerHourMax: micro('leaseMicroUsdPerHourMax', leaseMicroUsdPerHourMax),
        leasesPerHourMax,
      };
      const input = { level: oneOf('level', wanted.level, AUTONOMY_LEVELS), killSwitch: wanted.killSwitch, limits };
      const ids = this.requests.identify(operation, 'setAutonomy', idempotencyKey, input);
      const answers = ({ type }: Recorded): boolean => type === 'optimizer.policy.autonomy-set';
      return this.requests.ask(
        operation,
        ids,
        { type: 'SetAutonomy', data: { ...ids, ...input } },
        { id: ids.requestId, answers },
      );
    });
  }

  async retryParked(
    operation: Operation,
    context: string,
    eventId: string | null | undefined,
    idempotencyKey: string,
  ): Promise<Ack | Refusal> {
    await this.gate.allow(operation, 'parked:retry');
    return refusable(async () => {
      const input = {
        context: oneOf('context', context, CONTEXTS),
        ...(eventId ? { eventId: eventId.slice(0, 128) } : {}),
      };
      const ids = this.requests.identify(operation, 'retryParked', idempotencyKey, input);
      return this.requests.ask(
        operation,
        ids,
        { type: 'RetryParked', data: { ...ids, ...input } },
        { id: ids.requestId },
      );
    });
  }

  /** Asks every service to prove its views; waits up to 8 s. The same key asked again shows what has come since. */
  async verifyReplay(operation: Operation, idempotencyKey: string) {
    await this.gate.allow(operation, 'views:verify');
    return refusable(async () => {
      const ids = this.requests.identify(operation, 'verifyReplay', idempotencyKey, {});
      const recorded = await this.requests.record(operation, ids, { type: 'VerifyViews', data: ids });
      if (isRefusal(recorded)) return recorded;
      const found = new Map<string, Recorded>();
      const until = this.clock.now() + VERIFY_WAIT_MS;
      for (const context of CONTEXTS) {
        const known = await this.completed(context, ids.requestId);
        if (known) found.set(context, known);
      }
      while (found.size < CONTEXTS.length && this.clock.now() < until) {
        const isNew = ({ type }: Recorded): boolean =>
          type.endsWith('.verification.completed') && !found.has(type.split('.')[0] ?? '');
        const event = await this.requests.answer(operation, ids.requestId, isNew, until - this.clock.now());
        if (!event || isRefused(event)) break;
        found.set(event.type.split('.')[0] ?? '', event);
      }
      return toVerification(found);
    });
  }

  private async completed(context: string, requestId: string): Promise<Recorded | undefined> {
    for await (const event of this.log.readStream(`${context}.verification-${requestId}`, { limit: 1 })) return event;
    return undefined;
  }
}

interface Completed {
  readonly checks: readonly ViewCheck[];
  readonly decisionsChecked: number;
  readonly decisionsDiffering: number;
}

function toVerification(found: ReadonlyMap<string, Recorded>) {
  const answers = [...found].map(([context, { data }]) => ({ context, ...(data as Completed) }));
  const views = answers.flatMap(({ context, checks }) => checks.map((check) => ({ context, ...check })));
  const sum = (pick: (answer: Completed) => number): number => answers.reduce((total, one) => total + pick(one), 0);
  const decisionsDiffering = sum((one) => one.decisionsDiffering);
  const missing = CONTEXTS.filter((context) => !found.has(context));
  return {
    __typename: 'Verification' as const,
    complete: missing.length === 0,
    same: decisionsDiffering === 0 && views.every(({ same }) => same),
    views,
    decisionsChecked: sum((one) => one.decisionsChecked),
    decisionsDiffering,
    missing,
  };
}
