import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SolyxError } from '@solyx/kernel';
import {
  CHARGEBACK_DIMENSIONS,
  DOCUMENT_BYTES_MAX,
  DOCUMENT_FORMATS,
  DOCUMENT_KINDS,
  DOCUMENT_SUBJECT,
  DocumentAnswer,
  type DocumentChunk,
  type DocumentRequest,
} from '@solyx/contracts';
import { Gate } from '../gate';
import type { Operation } from '../operation';
import { answered, BillingDesk } from './billing-desk';
import { given, idOf, oneOf } from './wish';

const WITHIN_MS = 10_000;

export interface DocumentArguments {
  readonly kind: string;
  readonly id: string;
  readonly format?: string | undefined;
  readonly by?: string | undefined;
  readonly label?: string | undefined;
  /** Another's, for operators. */
  readonly organization?: string | undefined;
}

export interface OpenDocument {
  readonly fileName: string;
  readonly contentType: string;
  readonly total: number;
  /** SHA-256 of all bytes, hex. */
  readonly sha256: string;
  readonly bytes: () => AsyncGenerator<Buffer>;
}

/** Files that billing renders: fetched piece by piece, so that none is ever held whole. */
@Injectable()
export class DocumentsQuery {
  constructor(
    private readonly desk: BillingDesk,
    private readonly gate: Gate,
  ) {}

  async open(operation: Operation, args: DocumentArguments): Promise<OpenDocument> {
    const kind = oneOf('kind', args.kind, DOCUMENT_KINDS);
    await this.gate.allow(operation, kind === 'margin' ? 'margins:read' : 'money:read');
    if (args.organization !== undefined) await this.gate.allow(operation, 'margins:read');
    const { actor } = operation.caller;
    const wanted: Omit<DocumentRequest, 'offset'> = {
      reader: { organizationId: operation.organizationId, roles: actor.roles },
      organizationId: idOf('organization', args.organization ?? operation.organizationId),
      ...{ kind, id: idOf('id', args.id) },
      format: oneOf('format', args.format ?? (kind === 'invoice' ? 'pdf' : 'csv'), DOCUMENT_FORMATS),
      ...given('by', args.by === undefined ? null : oneOf('by', args.by, CHARGEBACK_DIMENSIONS)),
      ...given('label', args.label),
    };
    const first = await this.piece(wanted, 0);
    const { fileName, contentType, total, sha256 } = first;
    if (total > DOCUMENT_BYTES_MAX) {
      throw new SolyxError('ResourceExhausted', `the document has ${total} bytes`, {}, { hint: 'Ask for less.' });
    }
    return { fileName, contentType, total, sha256, bytes: () => this.pieces(wanted, first) };
  }

  /** Ends early, by throwing, where the bytes are not those that were promised. */
  private async *pieces(wanted: Omit<DocumentRequest, 'offset'>, first: DocumentChunk): AsyncGenerator<Buffer> {
    const { total, sha256 } = first;
    const hash = createHash('sha256');
    let chunk = first;
    for (let offset = 0; ;) {
      const bytes = Buffer.from(chunk.chunk, 'base64');
      hash.update(bytes);
      offset += bytes.length;
      const isLast = offset >= total;
      // Known before the last piece leaves: who reads never has all of what is wrong.
      if (isLast && hash.digest('hex') !== sha256) {
        throw new SolyxError('Internal', 'a document is not what its hash says');
      }
      yield bytes;
      if (isLast) return;
      if (bytes.length === 0) throw new SolyxError('Internal', 'a document ended before its end');
      chunk = await this.piece(wanted, offset);
      if (chunk.sha256 !== sha256) throw new SolyxError('Conflict', 'the document changed while it was read');
    }
  }

  private async piece(wanted: Omit<DocumentRequest, 'offset'>, offset: number): Promise<DocumentChunk> {
    const { chunk } = await answered(this.desk.ask(DOCUMENT_SUBJECT, { ...wanted, offset }, WITHIN_MS), DocumentAnswer);
    if (chunk) return chunk;
    throw new SolyxError('NotFound', 'there is no such document', {}, { reason: 'DocumentUnknown' });
  }
}
