import type { InvoiceLine } from '../values';
import type { InvoiceDrafted, InvoiceFinalised, TreeHeadSigned } from '../billing';

/** What a bundle says it is; the rules of docs/proof.md are those of this format. */
export const PROOF_FORMAT = 'solyx-invoice-proof/1';

/** Charges of one bundle at most: about 200 MiB. */
export const PROOF_EVENTS_MAX = 50_000;

/** One event of the tenant, as the log has it. */
export interface ProvenEvent {
  /** Which leaf of the log's tree it is, from 0. */
  readonly index: number;
  /** Leaf hash of the text, RFC 9162: 64 hex digits. */
  readonly hash: string;
  /** Canonical JSON of type, stream, revision, position, id, created, data and metadata: what is hashed, byte for byte. */
  readonly event: string;
}

/** Where a line comes from. */
export interface LineEvidence {
  readonly lineKey: string;
  /** The charges that it is the sum of, in the order of the log. */
  readonly charges: readonly { readonly position: string; readonly hash: string }[];
}

/** What the invoice says, as its own events say it. */
export interface ProvenInvoice {
  readonly drafted: InvoiceDrafted['data'];
  readonly lines: readonly InvoiceLine[];
  readonly finalised: InvoiceFinalised['data'];
}

/** An invoice and all that is needed to check it without us: self-contained, canonical JSON. */
export interface InvoiceProof {
  readonly format: typeof PROOF_FORMAT;
  readonly invoice: ProvenInvoice;
  readonly evidence: readonly LineEvidence[];
  /** Ascending by index; of this tenant only. */
  readonly events: readonly ProvenEvent[];
  /**
   * Hashes of the ranges of leaves `<from>-<to>` (to exclusive) that lie beside the events: with them, the events give the
   * head's root. None is superfluous.
   */
  readonly nodes: Readonly<Record<string, string>>;
  readonly head: Pick<
    TreeHeadSigned['data'],
    'logId' | 'size' | 'rootHash' | 'position' | 'keyId' | 'publicKey' | 'signature' | 'at'
  >;
}
