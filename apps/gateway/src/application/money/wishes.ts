import { Injectable } from '@nestjs/common';
import { SolyxError, type Recorded } from '@solyx/kernel';
import { eventRegistry } from '@solyx/contracts';
import { EventLog } from '@solyx/eventing';
import type { Wished } from '../../domain/request';
import { Gate } from '../gate';
import type { Operation } from '../operation';
import { isRefusal, notAnswered, refusable, refusalOf, toRefusal, type Refusal } from '../refusal';
import { isRefused, Requests, type Ack, type RecordedRequest } from '../requests';
import { TenantViews } from '../tenant-views';
import type { AnyWish, Asked, Wish } from './wish';

/** How many events of the answering stream a repeat looks through for the answer that was given before. */
const ANSWERS_SOUGHT_MAX = 256;

/** Carries out wishes: asks the gate, records once per key, waits for the fact that answers. */
@Injectable()
export class Wishes {
  constructor(
    private readonly requests: Requests,
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly log: EventLog,
  ) {}

  async ask(
    operation: Operation,
    mutation: string,
    erased: AnyWish,
    args: { readonly idempotencyKey: string },
  ): Promise<object> {
    const wish = erased as unknown as Wish<object, object>;
    await this.gate.allow(operation, wish.permission);
    return refusable<object>(async () => {
      const { organizationId } = operation;
      const input = wish.input(args, organizationId);
      const also = wish.also?.(input, organizationId);
      if (also !== undefined) await this.gate.allow(operation, also);
      const ids = this.requests.identify(operation, mutation, args.idempotencyKey, input);
      const stranger = await this.stranger(operation, wish, input);
      if (stranger) return stranger;
      const asked = wish.request(input, { ids, organizationId });
      checked(asked.event);
      const { fingerprint } = ids;
      const command = { type: 'Ask' as const, data: { fingerprint, event: asked.event } };
      const recorded = await this.requests.record(operation, ids, command);
      if (isRefusal(recorded)) return recorded;
      return this.answer(operation, wish, asked, { ...recorded, requestId: ids.requestId });
    });
  }

  private async stranger(
    operation: Operation,
    wish: Wish<object, object>,
    input: object,
  ): Promise<Refusal | undefined> {
    const owned = wish.owned?.(input, operation.organizationId);
    if (owned === undefined || (await this.views.ownNow(operation, owned.projection, owned.key))) return undefined;
    return toRefusal('NotFound', owned.unknown, { id: owned.key.slice(0, 128) });
  }

  private async answer(
    operation: Operation,
    wish: Wish<object, object>,
    { id, answeredOn, answeredBy }: Asked,
    recorded: RecordedRequest & { readonly requestId: string },
  ): Promise<object> {
    const { requestId, position, repeated } = recorded;
    const event =
      answeredOn === undefined
        ? undefined
        : await this.fact(operation, { stream: answeredOn, type: answeredBy }, { requestId, repeated });
    if (event && isRefused(event)) return refusalOf(event);
    if (wish.show === undefined) {
      const ack: Ack = { __typename: 'Ack', id, position: String(event?.position ?? position) };
      return ack;
    }
    return event ? wish.show(event) : notAnswered(position);
  }

  /** A repeat finds what was answered before; where nothing was yet, it waits as the first did. */
  private async fact(
    operation: Operation,
    { stream, type }: { readonly stream: string; readonly type: string | undefined },
    { requestId, repeated }: { readonly requestId: string; readonly repeated: boolean },
  ): Promise<Recorded | undefined> {
    if (repeated) {
      const options = { direction: 'backwards' as const, limit: ANSWERS_SOUGHT_MAX };
      for await (const event of this.log.readStream(stream, options)) {
        if (event.metadata.$correlationId === requestId && (type === undefined || event.type === type)) return event;
      }
    }
    const answers = (event: Recorded): boolean =>
      event.stream === stream && (type === undefined || event.type === type);
    return this.requests.answer(operation, requestId, answers);
  }
}

/** What the contract says of the wish, before anything is recorded: its words name the field. */
function checked(event: Wished): void {
  try {
    eventRegistry.validate(event);
  } catch (error) {
    if (!(error instanceof SolyxError)) throw error;
    const message = error.message.replace(`${event.type}: `, '');
    const hint = `Correct it; docs/asyncapi.json describes ${event.type}.`;
    throw new SolyxError('InvalidArgument', message, {}, { reason: 'InvalidSpec', hint });
  }
}
