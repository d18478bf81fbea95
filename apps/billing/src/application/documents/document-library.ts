import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  DOCUMENT_BYTES_MAX,
  DOCUMENT_CHUNK_BYTES_MAX,
  type DocumentChunk,
  type DocumentRequest,
} from '@solyx/contracts';
import { Clock, permit, SolyxError, type Actor } from '@solyx/kernel';
import type { RenderedDocument } from '../../documents/document';
import { DocumentPress } from './document-press';

const CACHED_BYTES_MAX = 128 * 1024 * 1024;
const CACHED_MAX = 256;
/** A document of a period that still runs is the same for this long, so that its pieces fit together. */
const KEPT_OPEN_MS = 120_000;

interface Kept {
  readonly document: RenderedDocument;
  readonly sha256: string;
  /** Undefined: for ever, for it never changes. */
  readonly until: number | undefined;
}

const actorOf = ({ organizationId, roles }: DocumentRequest['reader']): Actor => ({
  kind: 'key',
  id: organizationId,
  roles,
});

/**
 * Hands documents out piece by piece. Who reads was authenticated by the gateway, whose identity alone may ask; what it
 * may read is decided here again: its own organization's, or all of them with `margins:read`.
 */
@Injectable()
export class DocumentLibrary {
  private readonly kept = new Map<string, Kept>();
  private readonly printing = new Map<string, Promise<Kept>>();
  private bytes = 0;

  constructor(
    private readonly press: DocumentPress,
    private readonly clock: Clock,
  ) {}

  /** Throws PermissionDenied, NotFound, FailedPrecondition (not issued yet), InvalidArgument, ResourceExhausted. */
  async piece(request: DocumentRequest): Promise<DocumentChunk> {
    this.allow(request);
    const { document, sha256 } = await this.get(request);
    const { bytes, fileName, contentType } = document;
    const { offset } = request;
    if (offset > bytes.length) {
      throw new SolyxError('InvalidArgument', `the document has ${bytes.length} bytes`, { offset });
    }
    const chunk = bytes.subarray(offset, offset + DOCUMENT_CHUNK_BYTES_MAX).toString('base64');
    return { fileName, contentType, total: bytes.length, offset, chunk, sha256 };
  }

  private allow({ reader, organizationId, kind, by }: DocumentRequest): void {
    const actor = actorOf(reader);
    permit(actor, 'money:read');
    const ofAll = kind === 'margin' || (kind === 'chargeback' && by === 'organization');
    if (organizationId !== reader.organizationId || ofAll) permit(actor, 'margins:read');
  }

  private async get(request: DocumentRequest): Promise<Kept> {
    const { organizationId, kind, id, format, by = '', label = '' } = request;
    const key = [organizationId, kind, id, format, by, label].join('\u0000');
    const known = this.kept.get(key);
    if (known && (known.until === undefined || known.until > this.clock.now())) return known;
    // Whoever asks for the same document meanwhile waits for this one.
    const running = this.printing.get(key);
    if (running) return running;
    const printing = this.print(key, request).finally(() => this.printing.delete(key));
    this.printing.set(key, printing);
    return printing;
  }

  private async print(key: string, request: DocumentRequest): Promise<Kept> {
    const { document, final } = await this.press.print(request);
    const { length } = document.bytes;
    if (length > DOCUMENT_BYTES_MAX) {
      throw new SolyxError('ResourceExhausted', `the document has ${length} bytes`, { limit: DOCUMENT_BYTES_MAX });
    }
    const sha256 = createHash('sha256').update(document.bytes).digest('hex');
    const kept = { document, sha256, until: final ? undefined : this.clock.now() + KEPT_OPEN_MS };
    this.keep(key, kept);
    return kept;
  }

  /** The oldest go first: no document is larger than the room for all of them. */
  private keep(key: string, kept: Kept): void {
    this.drop(key);
    const { length } = kept.document.bytes;
    while (this.kept.size >= CACHED_MAX || this.bytes + length > CACHED_BYTES_MAX) {
      const [oldest] = this.kept.keys();
      if (oldest === undefined) break;
      this.drop(oldest);
    }
    this.kept.set(key, kept);
    this.bytes += length;
  }

  private drop(key: string): void {
    this.bytes -= this.kept.get(key)?.document.bytes.length ?? 0;
    this.kept.delete(key);
  }
}
