import { ReconciliationRequested } from '@solyx/contracts/gateway';
import { invalid, wish } from './wish';

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

function day(value: string): string {
  if (DAY.test(value)) return value;
  throw invalid('day is no day', 'Write a day of UTC: 2026-01-31.');
}

/** That the books are right, worked out anew. */
export const PROOF_WISHES = {
  reconcile: wish({
    permission: 'books:reconcile',
    input: (args: { readonly day: string }) => ({ day: day(args.day) }),
    request: (input, { ids }) => ({
      event: ReconciliationRequested({ ...ids, ...input }),
      id: input.day,
      answeredOn: `billing.reconciliation-${input.day}`,
    }),
  }),
} as const;
