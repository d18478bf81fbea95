import {
  accept,
  SolyxError,
  type Clock,
  type Command,
  type Decider,
  type DomainEvent,
  type Recorded,
} from '@solyx/kernel';
import { ParkedRetryRequested, ViewVerificationRequested } from '@solyx/contracts/gateway';
import { messageFromText } from './bus-message';
import { causedBy, serviceActor } from './command-context';
import type { ContextDefinition } from './define-context';
import type { DeliveryRecords } from './delivery-records';
import type { EventDispatcher } from './event-dispatcher';
import { OnEvent, type Delivery } from './on-event';
import type { DecisionReplay, ParkingLot } from './ports';
import type { Streams } from './streams';
import type { Views } from './views';

/** Parked events that one request has retried at most; what remains waits for the next request. */
export const RETRIED_MAX = 500;

interface Verified {
  readonly checks: readonly {
    readonly view: string;
    readonly position: string;
    readonly events: number;
    readonly rows: number;
    readonly liveHash: string;
    readonly rebuiltHash: string;
    readonly same: boolean;
  }[];
  readonly requestId: string;
  readonly decisionsChecked: number;
  readonly decisionsDiffering: number;
  readonly at: string;
}

/** One verification: recorded once, whatever comes twice. */
export const verificationDecider = (
  context: string,
): Decider<Command<'RecordVerification', Verified>, boolean, DomainEvent<string, Verified>, never> => ({
  name: `${context}.verification`,
  initial: false,
  decide: ({ data }, recorded) => (recorded ? accept() : accept({ type: `${context}.verification.completed`, data })),
  evolve: () => true,
});

export interface OperatorRequestParts {
  readonly definition: ContextDefinition;
  readonly streams: Streams;
  readonly views: Views;
  readonly parking: ParkingLot;
  readonly clock: Clock;
  readonly replay?: DecisionReplay | undefined;
  /** Told of each event that is taken for a retry, and of each that goes back. */
  readonly records?: DeliveryRecords | undefined;
  /** Asked late: the dispatcher knows these handlers too. */
  dispatcher(): EventDispatcher;
}

/** What every context does when an operator asks: retry what was parked, and prove its views. */
export class OperatorRequests {
  constructor(private readonly parts: OperatorRequestParts) {}

  @OnEvent(ParkedRetryRequested)
  async retryParked({ data }: Recorded<ParkedRetryRequested>): Promise<void> {
    const { definition, parking, records } = this.parts;
    if (data.context !== definition.context) return;
    const filter = data.eventId === undefined ? {} : { eventId: data.eventId };
    await parking.take(filter, RETRIED_MAX, async (parked) => {
      await records?.unparked(parked);
      const newer = await this.parts.dispatcher().again(parked, messageFromText(parked.event));
      if (newer) await records?.parked(newer);
      return newer;
    });
  }

  /** Slow on a long log, so a repeat looks first whether the answer is there already. */
  @OnEvent(ViewVerificationRequested)
  async verifyViews(request: Recorded<ViewVerificationRequested>, delivery: Delivery): Promise<void> {
    const { definition, streams, views, clock, replay } = this.parts;
    const decider = verificationDecider(definition.context);
    const { requestId } = request.data;
    if (delivery.redelivered && (await streams.load(decider, requestId)).state) return;
    const checks: Verified['checks'][number][] = [];
    for (const projection of definition.projections) {
      const found = await views.verify(projection);
      checks.push({ ...found, position: String(found.position), same: found.liveHash === found.rebuiltHash });
    }
    const decisions = (await replay?.verify()) ?? { checked: 0, differing: 0 };
    const data: Verified = {
      requestId,
      checks,
      decisionsChecked: decisions.checked,
      decisionsDiffering: decisions.differing,
      at: clock.iso(),
    };
    const command = { type: 'RecordVerification', data } as const;
    const outcome = await streams.transact(
      decider,
      requestId,
      command,
      causedBy(request, serviceActor(definition.context), delivery.redelivered),
    );
    if (!outcome.accepted) throw new SolyxError('Internal', 'a verification cannot be refused');
  }
}
