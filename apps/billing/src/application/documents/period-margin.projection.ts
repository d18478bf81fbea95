import type {
  AssetDepreciated,
  AssetEnergyCounted,
  AssetLeaseCounted,
  ChargePosted,
  CreditNoteIssued,
} from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { addIntegers, PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import type { Margin } from '../../documents/margin';

type MarginEvent = ChargePosted | CreditNoteIssued | AssetDepreciated | AssetEnergyCounted | AssetLeaseCounted;

const keyOf = (period: string, simulated: boolean, source: string): string =>
  `${period}${simulated ? '.simulated' : ''}/${source}`;

/** Costs of goods are of the month of UTC in which they arose; charges, of their period. */
const monthOf = (at: string): string => at.slice(0, 7);

function keysOf({ type, data }: Recorded<MarginEvent>): readonly string[] {
  switch (type) {
    case 'billing.account.charge-posted': {
      const { period, lines } = data as ChargePosted['data'];
      return [...new Set(lines.map(({ simulated, source }) => keyOf(period, simulated, source)))];
    }
    case 'billing.creditNote.issued': {
      const { period, simulated, lines } = data as CreditNoteIssued['data'];
      return [...new Set(lines.map(({ source }) => keyOf(period, simulated, source)))];
    }
    default: {
      const { from, simulated } = data as AssetDepreciated['data'];
      return [keyOf(monthOf(from), simulated, type === 'billing.asset.lease-counted' ? 'leased' : 'owned')];
    }
  }
}

/** What a row is of, as its key says it. */
function named(row: Margin, key: string): Margin {
  const [time = '', source = ''] = key.split('/');
  return { ...row, period: time.slice(0, 7), simulated: time.endsWith('.simulated'), source };
}

const costed = (
  row: Margin,
  { amountMicroUsd, idleMicroUsd }: { readonly amountMicroUsd: string; readonly idleMicroUsd: string },
  key: string,
): Margin => ({
  ...named(row, key),
  costMicroUsd: addIntegers(row.costMicroUsd, amountMicroUsd),
  idleMicroUsd: addIntegers(row.idleMicroUsd, idleMicroUsd),
});

/** What did each source of GPUs earn and cost? Operators alone. */
export const periodMarginView = defineProjection<MarginEvent, Margin>({
  name: 'billing_period_margin',
  version: 1,
  key: keysOf,
  organization: () => PLATFORM_ORGANIZATION,
  initial: {
    period: '',
    simulated: false,
    source: '',
    revenueMicroUsd: '0',
    providersMicroUsd: '0',
    creditedMicroUsd: '0',
    costMicroUsd: '0',
    idleMicroUsd: '0',
  },
  indexes: ['period', 'simulated'],
  on: {
    'billing.account.charge-posted': (row, { period, lines }, _, key) => {
      let [revenue, providers] = [0n, 0n];
      for (const line of lines) {
        if (keyOf(period, line.simulated, line.source) !== key) continue;
        revenue += BigInt(line.amountMicroUsd);
        if (line.providerId !== undefined) providers += BigInt(line.providerAmountMicroUsd ?? '0');
      }
      const revenueMicroUsd = addIntegers(row.revenueMicroUsd, revenue);
      return { ...named(row, key), revenueMicroUsd, providersMicroUsd: addIntegers(row.providersMicroUsd, providers) };
    },
    'billing.creditNote.issued': (row, { period, simulated, lines }, _, key) => {
      const own = lines.filter(({ source }) => keyOf(period, simulated, source) === key);
      const amount = own.reduce((sum, line) => sum + BigInt(line.amountMicroUsd), 0n);
      return { ...named(row, key), creditedMicroUsd: addIntegers(row.creditedMicroUsd, amount) };
    },
    'billing.asset.depreciated': (row, data, _, key) => costed(row, data, key),
    'billing.asset.energy-counted': (row, data, _, key) => costed(row, data, key),
    'billing.asset.lease-counted': (row, data, _, key) => costed(row, data, key),
  },
});
