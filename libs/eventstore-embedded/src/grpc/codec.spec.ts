import { StreamIdentifier, UUID, WrongExpectedVersion } from '@eventstore/db-client/generated/shared_pb';
import { BatchAppendReq, BatchAppendResp, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import fc from 'fast-check';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';
import { TOMBSTONE_REVISION, type ExpectedRevision, type RecordedEvent } from '../engine/events';
import { decodeBatchAppend, encodeBatchAppendSuccess } from './batch-append-codec';
import { encodeBatchAppendError } from './batch-append-errors';
import { encodeCheckpoint, encodeConfirmation, encodeEvent, encodeStreamNotFound, CAUGHT_UP } from './read-codec';
import { fromHalves, toHalves } from './uuid';

const aNumber = fc.oneof(fc.nat(), fc.maxSafeNat());
const aName = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter((name) => !name.includes('\0'));
const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const anId = fc.uuid();
const anExpectation = fc.oneof(
  fc.constantFrom<ExpectedRevision>('any', 'no_stream', 'stream_exists'),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const anEvent: fc.Arbitrary<RecordedEvent> = fc.record({
  id: anId,
  type: aName,
  isJson: fc.boolean(),
  data: bytes,
  metadata: bytes,
  stream: aName,
  revision: fc.oneof(aNumber, fc.constant(TOMBSTONE_REVISION)),
  position: aNumber,
  created: fc.integer({ min: 1, max: 8.64e15 }),
});

const uuid = (text: string): UUID => {
  const message = new UUID();
  message.setString(text);
  return message;
};
const identifier = (stream: string): StreamIdentifier => {
  const message = new StreamIdentifier();
  message.setStreamName(Buffer.from(stream));
  return message;
};

/** The same request by the client's own classes. */
function request(stream: string, expected: ExpectedRevision, events: readonly RecordedEvent[]): BatchAppendReq {
  const options = new BatchAppendReq.Options();
  options.setStreamIdentifier(identifier(stream));
  if (expected === 'any') options.setAny(new Empty());
  else if (expected === 'no_stream') options.setNoStream(new Empty());
  else if (expected === 'stream_exists') options.setStreamExists(new Empty());
  else options.setStreamPosition(String(expected));
  options.setDeadline(Timestamp.fromDate(new Date(1_700_000_000_123)));
  const message = new BatchAppendReq();
  message.setOptions(options);
  for (const event of events) {
    const proposed = new BatchAppendReq.ProposedMessage();
    proposed.setId(uuid(event.id));
    proposed.getMetadataMap().set('type', event.type);
    proposed.getMetadataMap().set('content-type', event.isJson ? 'application/json' : 'application/octet-stream');
    proposed.setData(event.data);
    proposed.setCustomMetadata(event.metadata);
    message.addProposedMessages(proposed);
  }
  return message;
}

const text = (message: StreamIdentifier | undefined): string =>
  Buffer.from(message?.getStreamName_asU8() ?? []).toString();

function expectRecorded(recorded: ReadResp.ReadEvent.RecordedEvent | undefined, event: RecordedEvent): void {
  const found = recorded!;
  const properties = found.getMetadataMap();
  const revision = event.revision === TOMBSTONE_REVISION ? '9223372036854775807' : String(event.revision);
  expect(found.getId()?.getString()).toBe(event.id);
  expect(text(found.getStreamIdentifier())).toBe(event.stream);
  expect(found.getStreamRevision()).toBe(revision);
  expect([found.getCommitPosition(), found.getPreparePosition()]).toEqual(Array(2).fill(String(event.position)));
  expect(properties.get('type')).toBe(event.type);
  expect(properties.get('created')).toBe(String(BigInt(event.created) * 10_000n));
  expect(properties.get('content-type')).toBe(event.isJson ? 'application/json' : 'application/octet-stream');
  expect(Buffer.from(found.getData_asU8())).toEqual(event.data);
  expect(Buffer.from(found.getCustomMetadata_asU8())).toEqual(event.metadata);
}

describe('The codec of the hot messages', () => {
  it('reads what the client writes', () => {
    const some = fc.array(anEvent, { maxLength: 4 });
    fc.assert(
      fc.property(anId, aName, anExpectation, some, fc.boolean(), (id, stream, expected, events, isFinal) => {
        const message = request(stream, expected, events);
        message.setCorrelationId(uuid(id));
        message.setIsFinal(isFinal);
        const read = decodeBatchAppend(Buffer.from(message.serializeBinary()));
        expect(read.options?.deadline).toBeCloseTo(1_700_000_000_123, 3);
        expect(read).toMatchObject({ correlationId: id, isFinal, fault: undefined, options: { stream, expected } });
        expect(read.events).toEqual(
          events.map(({ id, type, isJson, data, metadata }) => ({ id, type, isJson, data, metadata })),
        );
      }),
    );
  });

  it('reads ids in halves', () => {
    fc.assert(
      fc.property(anId, (id) => {
        const { most, least } = toHalves(id);
        const structured = new UUID.Structured();
        structured.setMostSignificantBits(String(most));
        structured.setLeastSignificantBits(String(least));
        const message = new BatchAppendReq();
        const halves = new UUID();
        halves.setStructured(structured);
        message.setCorrelationId(halves);
        expect(decodeBatchAppend(Buffer.from(message.serializeBinary())).correlationId).toBe(id);
        expect(fromHalves(most, least)).toBe(id);
      }),
    );
  });

  it('refuses or reads whatever comes, and nothing else', () => {
    fc.assert(
      fc.property(bytes, (garbage) => {
        try {
          decodeBatchAppend(garbage);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  it('writes successes that the client reads', () => {
    const place = fc.oneof(fc.constant(undefined), aNumber);
    fc.assert(
      fc.property(anId, aName, fc.oneof(fc.constant(-1), aNumber), place, (id, stream, revision, position) => {
        const bytes = encodeBatchAppendSuccess({ correlationId: id, stream, revision, position });
        const read = BatchAppendResp.deserializeBinary(bytes);
        const success = read.getSuccess();
        expect(read.getCorrelationId()?.getString()).toBe(id);
        expect(text(read.getStreamIdentifier())).toBe(stream);
        expect(success?.hasNoStream()).toBe(revision < 0);
        if (revision >= 0) expect(success?.getCurrentRevision()).toBe(String(revision));
        expect(success?.getPosition()?.getCommitPosition()).toBe(position === undefined ? undefined : String(position));
      }),
    );
  });

  it('writes refusals that the client reads', () => {
    fc.assert(
      fc.property(anId, aName, anExpectation, fc.oneof(fc.constant(-1), aNumber), (id, stream, expected, current) => {
        const bytes = encodeBatchAppendError(id, stream, { kind: 'wrong-version', expected, current });
        const details = BatchAppendResp.deserializeBinary(bytes).getError()?.getDetails();
        const name = 'event_store.client.WrongExpectedVersion';
        const wrong = details?.unpack((data) => WrongExpectedVersion.deserializeBinary(data), name);
        expect(details?.getTypeName()).toBe(name);
        expect(wrong?.hasCurrentNoStream()).toBe(current < 0);
        if (current >= 0) expect(wrong?.getCurrentStreamRevision()).toBe(String(current));
        expect([wrong?.hasExpectedAny(), wrong?.hasExpectedNoStream(), wrong?.hasExpectedStreamExists()]).toEqual([
          expected === 'any',
          expected === 'no_stream',
          expected === 'stream_exists',
        ]);
        if (typeof expected === 'bigint') expect(wrong?.getExpectedStreamPosition()).toBe(String(expected));
      }),
    );
  });

  it('writes events and links that the client reads', () => {
    fc.assert(
      fc.property(fc.option(anEvent), fc.option(anEvent), (event, link) => {
        const bytes = encodeEvent({ event: event ?? undefined, link: link ?? undefined }, 'string');
        const read = ReadResp.deserializeBinary(bytes).getEvent();
        expect([read?.hasEvent(), read?.hasLink()]).toEqual([event !== null, link !== null]);
        if (event) expectRecorded(read?.getEvent(), event);
        if (link) expectRecorded(read?.getLink(), link);
        expect(read?.getCommitPosition()).toBe(String((link ?? event)?.position ?? 0));
      }),
    );
  });

  it('writes ids in halves to those who want them', () => {
    fc.assert(
      fc.property(anEvent, (event) => {
        const read = ReadResp.deserializeBinary(encodeEvent({ event, link: undefined }, 'structured')).getEvent();
        const halves = read?.getEvent()?.getId()?.getStructured();
        const { most, least } = toHalves(event.id);
        expect([halves?.getMostSignificantBits(), halves?.getLeastSignificantBits()]).toEqual([
          String(most),
          String(least),
        ]);
        expect(Buffer.from(read?.getEvent()?.getData_asU8() ?? [])).toEqual(event.data);
      }),
    );
  });

  it('writes the other messages of a read', () => {
    fc.assert(
      fc.property(aName, aNumber, (name, position) => {
        expect(ReadResp.deserializeBinary(encodeConfirmation(name)).getConfirmation()?.getSubscriptionId()).toBe(name);
        const checkpoint = ReadResp.deserializeBinary(encodeCheckpoint(position)).getCheckpoint();
        expect(checkpoint?.getCommitPosition()).toBe(String(position));
        const missing = ReadResp.deserializeBinary(encodeStreamNotFound(name)).getStreamNotFound();
        expect(text(missing?.getStreamIdentifier())).toBe(name);
      }),
    );
    expect(ReadResp.deserializeBinary(CAUGHT_UP).hasCaughtUp()).toBe(true);
  });
});
