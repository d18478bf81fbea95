import { Logger } from '@nestjs/common';
import { ManualClock, SeededRandom, SolyxError, type Recorded } from '@solyx/kernel';
import { JobRunning } from '@solyx/contracts/cmo';
import { MemoryParkingLot, sampleEvent } from '@solyx/testing';
import { encodeMessage, messageFromText, type BusMessage } from './bus-message';
import { DELIVERIES_MAX, EventDispatcher } from './event-dispatcher';
import { HandlerTable } from './handler-table';
import { OnEvent, type Delivery } from './on-event';
import type { ParkedEvent } from './ports';

class Troubled {
  readonly deliveries: Delivery[] = [];
  constructor(readonly errors: unknown[]) {}
  @OnEvent(JobRunning)
  async hear(_event: Recorded<JobRunning>, delivery: Delivery): Promise<void> {
    this.deliveries.push(delivery);
    const error = this.errors.shift();
    if (error !== undefined) throw error as Error;
  }
}

const { id, type, data, metadata } = sampleEvent();
const recorded: Recorded = {
  ...{ id, type, data, metadata, stream: 'cmo.job-1', revision: 0n, position: 7n },
  recordedAt: '2026-01-01T00:00:00.000Z',
};
const message = encodeMessage(recorded);
const busy = (): SolyxError => new SolyxError('Unavailable', 'not yet');

beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('dispatch', () => {
  const parking = (): MemoryParkingLot => new MemoryParkingLot();
  const dispatch = async (
    handler: Troubled,
    lot: MemoryParkingLot,
    sent: BusMessage = message,
    signal: AbortSignal = new AbortController().signal,
  ) => {
    const dispatcher = new EventDispatcher({
      handlers: new HandlerTable([handler]),
      parking: lot,
      clock: new ManualClock(),
      random: new SeededRandom(1),
      retry: { firstMs: 1, mostMs: 1 },
    });
    return { done: await dispatcher.dispatch('billing-cmo', sent, false, signal), dispatcher };
  };
  const parkedIn = async (lot: MemoryParkingLot): Promise<readonly ParkedEvent[]> => (await lot.list({}, 10)).events;

  it('tries again what may succeed later, saying so', async () => {
    const handler = new Troubled([busy(), busy()]);
    const lot = parking();
    expect((await dispatch(handler, lot)).done).toBe(true);
    expect(handler.deliveries).toEqual([
      { attempt: 1, redelivered: false },
      { attempt: 2, redelivered: true },
      { attempt: 3, redelivered: true },
    ]);
    expect(await parkedIn(lot)).toEqual([]);
  });

  it('parks after the last delivery, with all that is known', async () => {
    const handler = new Troubled(Array.from({ length: 20 }, busy));
    const lot = parking();
    expect((await dispatch(handler, lot)).done).toBe(true);
    expect(handler.deliveries).toHaveLength(DELIVERIES_MAX);
    const [parked] = await parkedIn(lot);
    expect(parked).toMatchObject({
      ...{ consumer: 'billing-cmo', eventId: recorded.id, type: 'cmo.job.running', stream: 'cmo.job-1', position: '7' },
      ...{ organizationId: 'acme', code: 'Unavailable', message: 'not yet', attempts: DELIVERIES_MAX },
    });
    expect(messageFromText(parked!.event)).toEqual(message);
  });

  it.each([
    ['an error that will not pass', new SolyxError('FailedPrecondition', 'never'), 'FailedPrecondition'],
    ['a mistake in the handler', new TypeError('x is undefined'), 'Internal'],
    ['what is no error at all', 'text', 'Internal'],
  ])('parks %s at once', async (_what, error, code) => {
    const handler = new Troubled([error]);
    const lot = parking();
    expect((await dispatch(handler, lot)).done).toBe(true);
    expect(handler.deliveries).toHaveLength(1);
    expect(await parkedIn(lot)).toMatchObject([{ code, attempts: 1 }]);
  });

  it('waits for the parking lot rather than to lose an event', async () => {
    class Full extends MemoryParkingLot {
      refusals = 3;
      override async park(event: ParkedEvent): Promise<void> {
        this.refusals -= 1;
        if (this.refusals >= 0) throw busy();
        return super.park(event);
      }
    }
    const lot = new Full();
    expect((await dispatch(new Troubled([new Error('bug')]), lot)).done).toBe(true);
    expect(await parkedIn(lot)).toHaveLength(1);
  });

  it('leaves undone what it is told to stop', async () => {
    const stop = new AbortController();
    stop.abort();
    const lot = parking();
    expect((await dispatch(new Troubled([busy()]), lot, message, stop.signal)).done).toBe(false);
    expect(await parkedIn(lot)).toEqual([]);
  });

  it('passes over what nobody hears, without looking into it', async () => {
    const handler = new Troubled([]);
    const headers = { ...message.headers, 'ce-type': 'cmo.job.unheard-of' };
    expect((await dispatch(handler, parking(), { ...message, headers, body: '{' })).done).toBe(true);
    expect(handler.deliveries).toEqual([]);
  });

  it('tries parked events again: forgets the good, keeps the bad with the newer reason', async () => {
    const handler = new Troubled([new Error('first'), new SolyxError('NotFound', 'second')]);
    const lot = parking();
    const { dispatcher } = await dispatch(handler, lot);
    const retry = () => lot.take({}, 10, (parked) => dispatcher.again(parked, messageFromText(parked.event)));
    expect(await retry()).toEqual({ done: 0, kept: 1 });
    expect(await parkedIn(lot)).toMatchObject([{ code: 'NotFound', message: 'second', attempts: 2 }]);
    expect(await retry()).toEqual({ done: 1, kept: 0 });
    expect(handler.deliveries.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });
});
