import { SolyxError } from '@solyx/kernel';
import type { Page } from '@solyx/eventing';

export const PAGE_MAX = 100;

/** `first` as given; refused outside 1 to 100. */
export function pageSize(first: number): number {
  if (Number.isInteger(first) && first >= 1 && first <= PAGE_MAX) return first;
  throw new SolyxError(
    'InvalidArgument',
    `first is ${first}, not 1 to ${PAGE_MAX}`,
    { first },
    { reason: 'InvalidPage' },
  );
}

export interface Connection<Row> {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export const toConnection = <Row>({ rows, hasNext }: Page<Row>): Connection<Row> => ({
  edges: rows.map(({ cursor, row }) => ({ cursor, node: row })),
  pageInfo: { hasNextPage: hasNext, endCursor: rows.at(-1)?.cursor ?? null },
});
