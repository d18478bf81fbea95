import { rootBeside, type LeafRange, type MerkleHash } from '@solyx/kernel';
import {
  PROOF_FORMAT,
  type InvoiceLine,
  type InvoiceProof,
  type LineEvidence,
  type ProvenEvent,
} from '@solyx/contracts';
import type { ChargePosted, InvoiceDrafted, InvoiceFinalised, TreeHeadSigned } from '@solyx/contracts/billing';
import { invoiceLineKey } from '../invoicing/invoice-lines';

/** A charge, where it stands in the log, and the lines of the invoice that it goes on. */
export interface ProvenCharge {
  readonly lineKeys: readonly string[];
  readonly position: bigint;
  readonly hash: MerkleHash;
}

/** The lines of an invoice that a charge goes on: one of money, or one of rehearsals. */
export const lineKeysOf = (data: ChargePosted['data'], simulated: boolean): readonly string[] => [
  ...new Set(data.lines.filter((line) => line.simulated === simulated).map((line) => invoiceLineKey(data, line))),
];

export interface ProofParts {
  readonly drafted: InvoiceDrafted['data'];
  readonly lines: readonly InvoiceLine[];
  readonly finalised: InvoiceFinalised['data'];
  /** In the order of the log. */
  readonly charges: readonly ProvenCharge[];
  /** Ascending by index. */
  readonly events: readonly ProvenEvent[];
  readonly head: TreeHeadSigned['data'];
  /** The ranges beside the events, from left to right, and their hashes. */
  readonly ranges: readonly LeafRange[];
  readonly hashes: readonly MerkleHash[];
}

/** For each line of the invoice the charges that it is the sum of. */
export function evidenceOf({ lines, charges }: Pick<ProofParts, 'lines' | 'charges'>): LineEvidence[] {
  const byLine = new Map<string, { position: string; hash: string }[]>();
  for (const { lineKeys, position, hash } of charges) {
    for (const key of lineKeys) {
      const references = byLine.get(key) ?? [];
      references.push({ position: position.toString(), hash });
      byLine.set(key, references);
    }
  }
  return lines.map(({ lineKey }) => ({ lineKey, charges: byLine.get(lineKey) ?? [] }));
}

/** Whether events and nodes give the root that was signed: asked before a proof is handed out. */
export const givesRoot = ({ events, hashes, head }: Pick<ProofParts, 'events' | 'hashes' | 'head'>): boolean =>
  rootBeside(events, hashes, head.size) === head.rootHash;

/** The proof of an invoice. The same parts are the same proof. */
export function invoiceProof(parts: ProofParts): InvoiceProof {
  const { drafted, lines, finalised, events, ranges, hashes } = parts;
  const { logId, size, rootHash, position, keyId, publicKey, signature, at } = parts.head;
  return {
    format: PROOF_FORMAT,
    invoice: { drafted, lines, finalised },
    evidence: evidenceOf(parts),
    events,
    nodes: Object.fromEntries(ranges.map(({ from, to }, index) => [`${from}-${to}`, hashes[index] ?? ''])),
    head: { logId, size, rootHash, position, keyId, publicKey, signature, at },
  };
}
