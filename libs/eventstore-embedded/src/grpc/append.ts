import type { sendUnaryData, ServerReadableStream, ServerUnaryCall } from '@grpc/grpc-js';
import { Empty } from '@eventstore/db-client/generated/shared_pb';
import {
  AppendReq,
  AppendResp,
  DeleteReq,
  DeleteResp,
  TombstoneReq,
  TombstoneResp,
} from '@eventstore/db-client/generated/streams_pb';
import { sizeOf, type ExpectedRevision, type ProposedEvent } from '../engine/events';
import { nameFault } from '../engine/stream-names';
import type { AppendAnswer, AppendRequest } from '../log/appender';
import { proposed } from './batch-append-codec';
import {
  appendTooLarge,
  invalidArgument,
  missingProperties,
  streamDeleted,
  toCallError,
  unavailable,
  wrongExpectedVersion,
} from './errors';
import type { Services } from './services';
import { uuidOf } from './uuid';

type StreamOptions = AppendReq.Options | DeleteReq.Options | TombstoneReq.Options;
type AppendCall = ServerReadableStream<AppendReq, AppendResp>;

function expectedOf(options: StreamOptions): ExpectedRevision {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return options.hasRevision() ? BigInt(options.getRevision()) : 'any';
}

function streamOf(options: StreamOptions | undefined): string {
  const name = Buffer.from(options?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8');
  const fault = nameFault(name);
  if (fault !== undefined) throw invalidArgument(fault);
  return name;
}

function eventOf(message: AppendReq.ProposedMessage): ProposedEvent {
  const properties = message.getMetadataMap();
  const event = proposed({
    id: uuidOf(message.getId()),
    type: properties.get('type') ?? '',
    contentType: properties.get('content-type') ?? '',
    data: Buffer.from(message.getData_asU8()),
    metadata: Buffer.from(message.getCustomMetadata_asU8()),
  });
  if (!('fault' in event)) return event;
  throw event.fault.includes('required properties') ? missingProperties(event.fault) : invalidArgument(event.fault);
}

/** Gathers the messages of a classic append; refuses as soon as it is clear that it must. */
function collect(call: AppendCall, bytesMax: number): Promise<AppendRequest> {
  return new Promise((resolve, reject) => {
    const events: ProposedEvent[] = [];
    let options: AppendReq.Options | undefined;
    let bytes = 0;
    call.on('data', (message: AppendReq) => {
      try {
        options ??= message.getOptions();
        const proposal = message.getProposedMessage();
        if (!proposal) return;
        const event = eventOf(proposal);
        bytes += sizeOf(event);
        if (bytes > bytesMax) throw appendTooLarge(bytesMax);
        events.push(event);
      } catch (error) {
        call.removeAllListeners('data');
        call.resume();
        reject(toCallError(error));
      }
    });
    call.on('end', () => {
      try {
        if (!options) throw invalidArgument('an append begins with its options');
        resolve({ stream: streamOf(options), expected: expectedOf(options), events });
      } catch (error) {
        reject(toCallError(error));
      }
    });
    call.on('cancelled', () => reject(toCallError(unavailable('cancelled by the client'))));
  });
}

function success(revision: number, position: number | undefined): AppendResp {
  const body = new AppendResp.Success();
  if (revision < 0) body.setNoStream(new Empty());
  else body.setCurrentRevision(String(revision));
  if (position === undefined) body.setNoPosition(new Empty());
  else
    body.setPosition(
      new AppendResp.Position().setCommitPosition(String(position)).setPreparePosition(String(position)),
    );
  return new AppendResp().setSuccess(body);
}

/** Of a classic append this is an answer, not an error. */
function wrongVersion(expected: ExpectedRevision, current: number): AppendResp {
  const body = new AppendResp.WrongExpectedVersion();
  if (current < 0) body.setCurrentNoStream(new Empty());
  else body.setCurrentRevision(String(current));
  if (expected === 'any') body.setExpectedAny(new Empty());
  else if (expected === 'no_stream') body.setExpectedNoStream(new Empty());
  else if (expected === 'stream_exists') body.setExpectedStreamExists(new Empty());
  else body.setExpectedRevision(String(expected));
  return new AppendResp().setWrongExpectedVersion(body);
}

function appendResponse({ stream, expected }: AppendRequest, answer: AppendAnswer): AppendResp {
  if (answer.kind === 'written') return success(answer.revision, answer.position);
  if (answer.kind === 'wrong-version') return wrongVersion(expected, answer.current);
  throw streamDeleted(stream);
}

/** The classic append: one call, one message per event. The client uses it for calls with their own credentials. */
export function append(call: AppendCall, callback: sendUnaryData<AppendResp>, services: Services): void {
  const collected = collect(call, services.appendBytesMax);
  collected.catch(() => {});
  const run = async (): Promise<AppendResp> => {
    const user = await services.access.authenticate(call.metadata);
    const request = await collected;
    return appendResponse(request, await services.append(request, user));
  };
  run().then(
    (response) => callback(null, response),
    (error: unknown) => callback(toCallError(error).toStatus()),
  );
}

async function end(
  call: ServerUnaryCall<DeleteReq | TombstoneReq, unknown>,
  services: Services,
  how: 'delete' | 'tombstone',
): Promise<string> {
  const user = await services.access.authenticate(call.metadata);
  const options = call.request.getOptions();
  const stream = streamOf(options);
  if (!options || stream.startsWith('$$')) throw invalidArgument('delete the stream, not its metadata');
  const expected = expectedOf(options);
  if (!services.access.isOpen) await services.access.demand(user, 'delete', stream);
  const answer = await services.log.appender[how](stream, expected);
  if (answer.kind === 'wrong-version') throw wrongExpectedVersion(stream, expected, answer.current);
  if (answer.kind === 'stream-deleted') throw streamDeleted(stream);
  return String(answer.position ?? 0);
}

/** Soft delete: the name may be used again. */
export function deleteStream(
  call: ServerUnaryCall<DeleteReq, DeleteResp>,
  callback: sendUnaryData<DeleteResp>,
  services: Services,
): void {
  const position = new DeleteResp.Position();
  end(call, services, 'delete').then(
    (at) => callback(null, new DeleteResp().setPosition(position.setCommitPosition(at).setPreparePosition(at))),
    (error: unknown) => callback(toCallError(error).toStatus()),
  );
}

/** Hard delete: the name is used up. */
export function tombstoneStream(
  call: ServerUnaryCall<TombstoneReq, TombstoneResp>,
  callback: sendUnaryData<TombstoneResp>,
  services: Services,
): void {
  const position = new TombstoneResp.Position();
  end(call, services, 'tombstone').then(
    (at) => callback(null, new TombstoneResp().setPosition(position.setCommitPosition(at).setPreparePosition(at))),
    (error: unknown) => callback(toCallError(error).toStatus()),
  );
}
