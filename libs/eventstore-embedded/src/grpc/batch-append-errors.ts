import { status } from '@grpc/grpc-js';
import type { ExpectedRevision } from '../engine/events';
import { delimited, varint, varintLength, WireWriter } from './wire';

/** Why one append of a stream of appends was refused. */
export type BatchAppendFailure =
  | { readonly kind: 'wrong-version'; readonly expected: ExpectedRevision; readonly current: number }
  | { readonly kind: 'stream-deleted' }
  | { readonly kind: 'access-denied' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'too-large'; readonly max: number }
  | { readonly kind: 'bad-request'; readonly message: string };

/** A field with content; rare messages are put together plainly. */
function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const writer = new WireWriter(Buffer.allocUnsafe(1 + varintLength(bytes.length) + bytes.length));
  writer.bytes(delimited(number), bytes);
  return writer.buffer;
}

function numberField(number: number, value: bigint | number): Buffer {
  const bytes = [varint(number)];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

const EMPTY = '';
const EXPECTED_FIELD = { any: 4, stream_exists: 5, no_stream: 6 } as const;

/** Field 1 or 2: where the stream is; fields 3 to 6: what was expected. */
function wrongVersion(expected: ExpectedRevision, current: number): Buffer {
  const actual = current < 0 ? field(2, EMPTY) : numberField(1, current);
  const said = typeof expected === 'bigint' ? numberField(3, expected) : field(EXPECTED_FIELD[expected], EMPTY);
  return Buffer.concat([actual, said]);
}

interface Detail {
  readonly code: status;
  readonly message: string;
  readonly type: string;
  readonly body: Buffer | string;
}

function detailOf(stream: string, failure: BatchAppendFailure): Detail {
  switch (failure.kind) {
    case 'wrong-version': {
      const { expected, current } = failure;
      const message = `stream ${stream} is at ${current}, not at ${expected}: read it again, then decide anew`;
      const body = wrongVersion(expected, current);
      return { code: status.FAILED_PRECONDITION, message, type: 'WrongExpectedVersion', body };
    }
    case 'stream-deleted': {
      const message = `stream ${stream} was deleted for ever: use another name`;
      const body = field(1, field(3, stream));
      return { code: status.FAILED_PRECONDITION, message, type: 'StreamDeleted', body };
    }
    case 'access-denied':
      return {
        code: status.PERMISSION_DENIED,
        message: `you may not write ${stream}`,
        type: 'AccessDenied',
        body: EMPTY,
      };
    case 'timeout': {
      const message = 'not written before its deadline: repeat with the same event ids';
      return { code: status.DEADLINE_EXCEEDED, message, type: 'Timeout', body: EMPTY };
    }
    case 'too-large': {
      const message = `an append holds at most ${failure.max} bytes: send several`;
      const body = numberField(1, failure.max);
      return { code: status.INVALID_ARGUMENT, message, type: 'MaximumAppendSizeExceeded', body };
    }
    case 'bad-request': {
      const { message } = failure;
      return { code: status.INVALID_ARGUMENT, message, type: 'BadRequest', body: field(1, message) };
    }
  }
}

/**
 * The answer to an append that was refused: a google.rpc.Status whose detail, a google.protobuf.Any, is what the client
 * makes its error of.
 */
export function encodeBatchAppendError(correlationId: string, stream: string, failure: BatchAppendFailure): Buffer {
  const { code, message, type, body } = detailOf(stream, failure);
  const any = Buffer.concat([field(1, `type.googleapis.com/event_store.client.${type}`), field(2, body)]);
  const error = Buffer.concat([numberField(1, code), field(2, message), field(3, any)]);
  return Buffer.concat([field(1, field(2, correlationId)), field(2, error), field(4, field(3, stream))]);
}
