/** Months of accounts for benches: charges as an account posts them, and the close that counts them. */
const { derivePrefixedId } = require('@solyx/kernel');
const { ChargePosted, PeriodClosed } = require('@solyx/contracts/billing');
const { amountOf } = require('../dist/index.js');

const PERIOD = '2026-01';
const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const GPU_HOUR = 3_600_000_000n;
const iso = (ms) => new Date(ms).toISOString();

const terms = (model) => ({
  ...{ priceBookId: 'main', priceBookVersion: 1, entryId: `gpu-${model}`, model: 'graduated', unit: 'milli-gpu-ms' },
  tiers: [
    { upTo: String(100n * GPU_HOUR), rateNumerator: '2300000', rateDenominator: '3600000000' },
    { rateNumerator: '2000000', rateDenominator: '3600000000' },
  ],
  ...{ markupBps: 0, discountBps: 0 },
});
const TERMS = Object.fromEntries(['H100', 'A100', 'L40S'].map((model) => [model, terms(model)]));
const MODELS = Object.keys(TERMS);
const PROJECTS = ['vision', 'language', 'robots', 'default'];
const TEAMS = ['red', 'blue', 'green', undefined];

/** Charges of one account: `count` of them, each of `lines` lines, going on where the last of its key ended. */
function chargesOf(organizationId, count, lines = 1) {
  const before = new Map();
  return Array.from({ length: count }, (_, index) => {
    const project = PROJECTS[index % PROJECTS.length];
    const from = iso(START + (index % 720) * HOUR);
    const to = iso(START + ((index % 720) + 1) * HOUR);
    const made = Array.from({ length: lines }, (_line, place) => {
      const model = MODELS[(index + place) % MODELS.length];
      const lineKey = derivePrefixedId('line', organizationId, PERIOD, project, model);
      const quantity = GPU_HOUR + BigInt(index % 97) * 1_234_567n;
      const [was, now] = [before.get(lineKey) ?? 0n, (before.get(lineKey) ?? 0n) + quantity];
      before.set(lineKey, now);
      const amount = String(amountOf(TERMS[model], now) - amountOf(TERMS[model], was));
      const team = TEAMS[index % TEAMS.length];
      return {
        ...{ kind: 'gpu', description: `${model} GPU`, source: 'owned', simulated: false, nodeId: 'node-1' },
        ...{ gpuModel: model, quantity: String(quantity), unit: 'milli-gpu-ms', from, to, rateNumerator: '2300000' },
        ...{ rateDenominator: '3600000000', amountMicroUsd: amount, eventIds: [], positions: [], lineKey },
        ...{ skuId: `gpu/owned/${model}/on-demand/standard`, pricing: 'on-demand', quality: 'standard' },
        ...{
          quantityBefore: String(was),
          amountBefore: String(amountOf(TERMS[model], was)),
          listAmountMicroUsd: amount,
        },
        ...(team === undefined ? {} : { team }),
        terms: TERMS[model],
      };
    });
    const total = made.reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n);
    return {
      ...{
        chargeId: `chg_${organizationId}_${index}`,
        organizationId,
        project,
        period: PERIOD,
        lines: made,
        postings: [],
      },
      ...{ resource: { kind: 'job', id: `job_${index % 50}` }, totalMicroUsd: String(total), at: to },
    };
  });
}

/** The events of a month: its charges, and its close. */
function monthOf(organizationId, count, lines) {
  const charges = chargesOf(organizationId, count, lines);
  const total = charges.reduce((sum, { totalMicroUsd }) => sum + BigInt(totalMicroUsd), 0n);
  const closed = PeriodClosed({
    ...{ organizationId, period: PERIOD, timeZone: 'UTC', from: iso(START), to: '2026-02-01T00:00:00.000Z' },
    ...{
      charges: charges.length,
      totalMicroUsd: String(total),
      simulatedMicroUsd: '0',
      at: '2026-02-04T00:00:00.000Z',
    },
  });
  return [...charges.map((data) => ChargePosted(data)), closed];
}

module.exports = { PERIOD, chargesOf, monthOf };
