import type { ChargeKind } from '@solyx/contracts';
import type { ChargePosted } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { addIntegers } from '@solyx/kernel';

export interface UsageRow {
  readonly organizationId: string;
  readonly period: string;
  readonly project: string;
  readonly kind: ChargeKind;
  readonly skuId: string;
  readonly description: string;
  /** A rehearsal, not money. */
  readonly simulated: boolean;
  readonly unit: string;
  /** As if nothing had ever been given back. */
  readonly quantity: string;
  readonly amountMicroUsd: string;
  readonly listAmountMicroUsd: string;
  readonly from: string;
  readonly to: string;
}

type Line = ChargePosted['data']['lines'][number];

/** Charges of version 1 have no key: what one line has in common is in their fields. */
const keyOf = ({ organizationId, period, project }: ChargePosted['data'], line: Line): string =>
  `${organizationId}/${period}/${line.lineKey ?? [project, line.kind, line.source, String(line.simulated), line.gpuModel, line.rateNumerator].join('/')}`;

/** How much of what was used in a period so far, and what does it cost? What an invoice's lines will be. */
export const usageView = defineProjection<ChargePosted, UsageRow>({
  name: 'billing_usage',
  version: 1,
  key: ({ data }) => [...new Set(data.lines.map((line) => keyOf(data, line)))],
  organization: ({ data }) => data.organizationId,
  initial: {
    ...{ organizationId: '', period: '', project: '', kind: 'gpu', skuId: '', description: '', simulated: false },
    ...{ unit: '', quantity: '0', amountMicroUsd: '0', listAmountMicroUsd: '0', from: '', to: '' },
  },
  indexes: ['period', 'project'],
  on: {
    'billing.account.charge-posted': (row, data, _, key) =>
      data.lines
        .filter((line) => keyOf(data, line) === key)
        .reduce<UsageRow>(
          (sum, line) => ({
            organizationId: data.organizationId,
            period: data.period,
            project: data.project,
            kind: line.kind,
            skuId: line.skuId ?? `${line.kind}/${line.source}/${line.gpuModel}`,
            description: sum.description === '' ? line.description : sum.description,
            simulated: line.simulated,
            unit: line.unit,
            quantity: addIntegers(sum.quantity, line.quantity),
            amountMicroUsd: addIntegers(sum.amountMicroUsd, line.amountMicroUsd),
            listAmountMicroUsd: addIntegers(sum.listAmountMicroUsd, line.listAmountMicroUsd ?? line.amountMicroUsd),
            from: sum.from === '' || line.from < sum.from ? line.from : sum.from,
            to: line.to > sum.to ? line.to : sum.to,
          }),
          row,
        ),
  },
});
