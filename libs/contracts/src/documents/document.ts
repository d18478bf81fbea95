import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

/** Billing answers requests for documents here: `DocumentRequest`, then `DocumentAnswer`. */
export const DOCUMENT_SUBJECT = 'billing.document';

/** Bytes of a document that one answer carries at most, before base64. */
export const DOCUMENT_CHUNK_BYTES_MAX = 256 * 1024;
/** Larger documents are refused: ask for a shorter period or fewer columns. */
export const DOCUMENT_BYTES_MAX = 128 * 1024 * 1024;

/**
 * `invoice`: id is the invoice's. `credit-note`: the note's. `focus`, `chargeback`, `margin`: a month, `2026-01`.
 * `margin` is the operator's alone, over all organizations.
 */
export const DOCUMENT_KINDS = ['invoice', 'credit-note', 'focus', 'chargeback', 'margin'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** `proof`: the invoice with every event behind it and their inclusion in the signed log. */
export const DOCUMENT_FORMATS = ['pdf', 'json', 'csv', 'parquet', 'proof'] as const;
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number];

export const CHARGEBACK_DIMENSIONS = ['organization', 'team', 'project', 'user', 'label'] as const;
export type ChargebackDimension = (typeof CHARGEBACK_DIMENSIONS)[number];

/** Who asks, as the gateway authenticated them. Only the gateway's identity may publish on the subject. */
export class DocumentReader {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  readonly roles!: readonly string[];
}

/** A piece of a document. The same id is the same bytes, so pieces may be asked for one by one, in any order. */
export class DocumentRequest {
  @IsDefined()
  @ValidateNested()
  @Type(() => DocumentReader)
  readonly reader!: DocumentReader;
  /** Whose document. Another organization than the reader's only for operators. */
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsIn(DOCUMENT_KINDS)
  readonly kind!: DocumentKind;
  @IsString()
  @Length(1, 256)
  readonly id!: string;
  @IsIn(DOCUMENT_FORMATS)
  readonly format!: DocumentFormat;
  /** chargeback: by what; by project where it is left out. */
  @IsOptional()
  @IsIn(CHARGEBACK_DIMENSIONS)
  readonly by?: ChargebackDimension;
  /** chargeback by label: which one. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly label?: string;
  /** First byte wanted. */
  @IsInt()
  @Min(0)
  @Max(DOCUMENT_BYTES_MAX)
  readonly offset!: number;
}

export class DocumentChunk {
  /** `INV-000042.pdf`. */
  @IsString()
  @Length(1, 256)
  readonly fileName!: string;
  @IsString()
  @Length(1, 128)
  readonly contentType!: string;
  /** Bytes of the whole document. */
  @IsInt()
  @Min(0)
  readonly total!: number;
  @IsInt()
  @Min(0)
  readonly offset!: number;
  /** Base64; the document ends where offset + its bytes = total. */
  @IsString()
  @MaxLength(400_000)
  readonly chunk!: string;
  /** SHA-256 of the whole document, 64 hex digits. */
  @IsString()
  @Length(64, 64)
  readonly sha256!: string;
}

/** Why there is no document: code and reason as everywhere. */
export class DocumentRefusal {
  @IsString()
  @Length(1, 128)
  readonly code!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsString()
  @MaxLength(1024)
  readonly message!: string;
  @IsString()
  @MaxLength(1024)
  readonly hint!: string;
  @IsBoolean()
  readonly retryable!: boolean;
}

/** One of the two. */
export class DocumentAnswer {
  @IsOptional()
  @ValidateNested()
  @Type(() => DocumentChunk)
  readonly chunk?: DocumentChunk;
  @IsOptional()
  @ValidateNested()
  @Type(() => DocumentRefusal)
  readonly refusal?: DocumentRefusal;
}
