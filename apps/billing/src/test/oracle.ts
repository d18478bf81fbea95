import type { Commitment, PriceBookEntry, PriceTerms } from '@solyx/contracts';
import type { BookAssignment } from '../domain/rating/rate-card';

/** The oracle of the benches, with types: see `bench/oracle.cjs`. It shares no code with billing. */
export interface OracleFact {
  readonly id: string;
  readonly quantity: string;
  readonly from: string;
  readonly to: string;
}

export interface OracleHistory {
  readonly zone: string;
  readonly books: readonly {
    readonly id: string;
    readonly versions: readonly {
      readonly version: number;
      readonly effectiveFrom: string;
      readonly entries: readonly PriceBookEntry[];
    }[];
  }[];
  readonly assignments: readonly BookAssignment[];
  readonly general: readonly string[];
  readonly commitments: readonly Commitment[];
  readonly facts: readonly OracleFact[];
}

interface OracleFraction {
  readonly n: bigint;
  readonly d: bigint;
}

export interface OracleLine {
  readonly quantity: bigint;
  readonly amount: bigint;
}

export interface Oracle {
  arrivals(seed: number, facts: readonly OracleFact[]): readonly OracleFact[];
  bill(history: OracleHistory): { readonly lines: ReadonlyMap<string, OracleLine>; readonly total: bigint };
  exactPrice(terms: PriceTerms, quality: string, quantity: bigint): OracleFraction;
  nearest(exact: OracleFraction): bigint;
  randomHistory(seed: number, factsMax?: number): OracleHistory;
  randomCommitted(seed: number, factsMax?: number): OracleHistory;
  randomHeld(seed: number, factsMax?: number): OracleHistory;
}

export interface RatedBill {
  readonly lines: ReadonlyMap<string, OracleLine>;
  readonly posted: bigint;
}

interface Rated {
  rateArrivals(api: object, history: OracleHistory, arriving: readonly OracleFact[]): RatedBill;
  differenceOfBills(ours: RatedBill, theirs: ReturnType<Oracle['bill']>): string | undefined;
}

interface Charged {
  chargeArrivals(api: object, history: OracleHistory, arriving: readonly OracleFact[], seed: number): RatedBill;
}

// eslint-disable-next-line @typescript-eslint/no-require-imports -- plain scripts, which the benches run as they are.
export const oracle = require('../../bench/oracle.cjs') as Oracle;
// eslint-disable-next-line @typescript-eslint/no-require-imports -- as above.
export const rated = require('../../bench/rated.cjs') as Rated;
// eslint-disable-next-line @typescript-eslint/no-require-imports -- as above.
export const charged = require('../../bench/charged.cjs') as Charged;
