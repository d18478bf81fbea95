import { accept, type Command, type Decider } from '@solyx/kernel';
import { ReconciliationCounted } from '@solyx/contracts/billing';

export const DIFFERENCES_SHOWN_MAX = 64;
const REQUESTS_KEPT_MAX = 128;
const TEXT_MAX = 256;

export type Difference = ReconciliationCounted['data']['differences'][number];
export type ReconciledView = ReconciliationCounted['data']['views'][number];

/** What one view shows, compared value by value with what the log says. */
export class Comparison {
  compared = 0;
  differing = 0;
  readonly differences: Difference[] = [];

  constructor(readonly view: string) {}

  /** `log`: what it should be; both as text. */
  same(key: string, field: string, log: bigint | number | string, shown: string | undefined): void {
    this.compared += 1;
    if (String(log) === shown) return;
    this.differing += 1;
    if (this.differences.length >= DIFFERENCES_SHOWN_MAX) return;
    const texts = { log: String(log).slice(0, TEXT_MAX), shown: (shown ?? 'nothing').slice(0, TEXT_MAX) };
    this.differences.push({ view: this.view, key: key.slice(0, 512), field, ...texts });
  }

  /** A row of the view that nothing in the log gives. */
  unknown(key: string): void {
    this.same(key, 'row', 'nothing', 'a row');
  }

  result(): ReconciledView {
    const { view, compared, differing } = this;
    return { view, compared, differing };
  }
}

export type ReconciliationCommand = Command<'RecordCount', ReconciliationCounted['data']>;

interface Counted {
  /** By itself, once the day was over. */
  readonly daily: boolean;
  readonly requestIds: readonly string[];
  /** By the newest count; undefined before the first. */
  readonly differing: number | undefined;
}

/** Counts of one day: once by itself, and once for each request. */
export const reconciliationDecider: Decider<ReconciliationCommand, Counted, ReconciliationCounted, never> = {
  name: 'billing.reconciliation',
  initial: { daily: false, requestIds: [], differing: undefined },

  decide({ data }, { daily, requestIds }) {
    const known = data.requestId === undefined ? daily : requestIds.includes(data.requestId);
    return known ? accept() : accept(ReconciliationCounted(data));
  },

  evolve: (state, { data: { requestId, differing } }) =>
    requestId === undefined
      ? { ...state, daily: true, differing }
      : { ...state, requestIds: [...state.requestIds, requestId].slice(-REQUESTS_KEPT_MAX), differing },
};
