import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { INTEGER, ISO_UTC, MONTH } from '../rules';
import { CHARGE_KINDS, SOURCES } from './constants';
import { PriceTerms } from './price-book';

export const INVOICE_STATUSES = ['open', 'draft', 'finalised', 'paid', 'void'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** `wallet`: from credit that the customer paid in before. `transfer`, `card`: money that came in, as the operator saw. */
export const PAYMENT_METHODS = ['wallet', 'transfer', 'card', 'nothing-due'] as const;
/** What can be asked for; that nothing is due, nobody has to ask. */
export const REQUESTED_PAYMENT_METHODS = ['wallet', 'transfer', 'card'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

export const NUMBERED_DOCUMENTS = ['invoice', 'credit-note'] as const;
export type NumberedDocument = (typeof NUMBERED_DOCUMENTS)[number];

/** Who issues a document, or whom it is for, as it is printed. */
export class Party {
  @IsString()
  @Length(1, 128)
  readonly name!: string;
  /** Lines of the address, in the order in which they are printed. */
  @IsArray()
  @ArrayMaxSize(8)
  @IsString({ each: true })
  @MaxLength(128, { each: true })
  readonly address!: readonly string[];
  /** ISO 3166-1 alpha-2. */
  @IsOptional()
  @IsString()
  @Length(2, 2)
  readonly country?: string;
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly taxId?: string;
  /** Number in the register of companies, and which register. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly registration?: string;
  @IsOptional()
  @IsString()
  @Length(3, 128)
  readonly email?: string;
}

/** One line of an invoice: all charges of a period that have a line key in common. */
export class InvoiceLine {
  @IsString()
  @Length(1, 128)
  readonly lineKey!: string;
  @IsIn(CHARGE_KINDS)
  readonly kind!: (typeof CHARGE_KINDS)[number];
  @IsString()
  @Length(1, 256)
  readonly description!: string;
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsString()
  @Length(1, 256)
  readonly skuId!: string;
  @IsString()
  @MaxLength(64)
  readonly pricing!: string;
  @IsString()
  @MaxLength(64)
  readonly quality!: string;
  /** Integer count of `unit`, summed over the charges. */
  @Matches(INTEGER)
  readonly quantity!: string;
  @IsString()
  @Length(1, 128)
  readonly unit!: string;
  /** First instant of use, inclusive. */
  @Matches(ISO_UTC)
  readonly from!: string;
  /** Last instant of use, exclusive. */
  @Matches(ISO_UTC)
  readonly to!: string;
  /** Sum of what was charged: rounded once, because charges of one line key telescope. */
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** What it would have cost without discounts and commitments. */
  @Matches(INTEGER)
  readonly listAmountMicroUsd!: string;
  /** How many charges it is the sum of. */
  @IsInt()
  @Min(0)
  readonly charges!: number;
  /** Price model in words: `2.30 USD per GPU-hour`. */
  @IsString()
  @MaxLength(256)
  readonly priceText!: string;
  /** What an offline check of quantity and amount needs; charges of the simple price list have none. */
  @IsOptional()
  @ValidateNested()
  @Type(() => PriceTerms)
  readonly terms?: PriceTerms;
  /** A correction of an earlier period's line, which itself stays as it was issued. */
  @IsOptional()
  @Matches(MONTH)
  readonly correctsPeriod?: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly correctsLineKey?: string;
}

/** Tax on a document; none unless an adapter says so. */
export class TaxLine {
  /** `VAT 19 %`. */
  @IsString()
  @Length(1, 128)
  readonly name!: string;
  @IsString()
  @Length(1, 64)
  readonly jurisdiction!: string;
  /** Millionths of the taxable amount: 19 % is 190000. */
  @IsInt()
  @Min(0)
  readonly ratePpm!: number;
  @Matches(INTEGER)
  readonly taxableMicroUsd!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}

/** Credit of the customer that pays for a part of an invoice. */
export class AppliedCredit {
  @IsString()
  @Length(1, 128)
  readonly grantId!: string;
  @IsString()
  @Length(1, 256)
  readonly description!: string;
  /** Below zero: a correction gave so much back into the wallet. */
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}

/** What of an invoice's line is given back. */
export class CreditNoteLine {
  @IsString()
  @Length(1, 128)
  readonly lineKey!: string;
  @IsString()
  @Length(1, 256)
  readonly description!: string;
  @IsIn(CHARGE_KINDS)
  readonly kind!: (typeof CHARGE_KINDS)[number];
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  /** So much less is owed; below zero where a discount is taken back with what it was for. */
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}

/** A wish for credit: of one line, so much. */
export class CreditWish {
  @IsString()
  @Length(1, 128)
  readonly lineKey!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}
