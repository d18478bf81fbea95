import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { Type } from 'class-transformer';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

const HASH = /^[0-9a-f]{64}$/;

/** The head that this one follows. */
class EarlierTreeHead {
  @IsInt()
  @Min(1)
  readonly size!: number;
  @Matches(HASH)
  readonly rootHash!: string;
}

class TreeHeadSignedV1 {
  @IsString()
  @Length(1, 64)
  readonly logId!: string;
  /** Events of the log that it covers. */
  @IsInt()
  @Min(1)
  readonly size!: number;
  /** RFC 9162, SHA-256. */
  @Matches(HASH)
  readonly rootHash!: string;
  /** Of the last event covered. */
  @Matches(INTEGER)
  readonly position!: string;
  /** Left out by the first head. */
  @IsOptional()
  @ValidateNested()
  @Type(() => EarlierTreeHead)
  readonly previous?: EarlierTreeHead;
  /** RFC 9162 §2.1.4: that the earlier tree is the beginning of this one. */
  @IsArray()
  @ArrayMaxSize(128)
  @Matches(HASH, { each: true })
  readonly consistency!: readonly string[];
  /** First 16 hex digits of the SHA-256 of the public key. */
  @Matches(/^[0-9a-f]{16}$/)
  readonly keyId!: string;
  /** Ed25519 (RFC 8032), 32 bytes in hex. */
  @Matches(HASH)
  readonly publicKey!: string;
  /** Of the text in docs/proof.md, 64 bytes in hex. */
  @Matches(/^[0-9a-f]{128}$/)
  readonly signature!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The log up to here can no longer be changed unseen: its Merkle root, signed. */
export const TreeHeadSigned = defineEvent('billing.treeHead.signed', 1, TreeHeadSignedV1);
export type TreeHeadSigned = EventOf<typeof TreeHeadSigned>;
