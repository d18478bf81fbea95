import type { ChargeLine, Posting, PriceEntry } from '@solyx/contracts';
import type {
  BudgetHoldRaised,
  BudgetSet,
  ChargeCounted,
  ChargePosted,
  HoldPlaced,
  HoldReleased,
  PriceListPublished,
} from '@solyx/contracts/billing';
import type { AllocationGranted, AllocationReleased } from '@solyx/contracts/drm';
import { divideHalfEven, type Recorded } from '@solyx/kernel';
import type { Fail } from './gpu-ledger';

const HOUR_MS = 3_600_000n;
/** How many counted units a price is for: GPU-milli, core-milli and MiB milliseconds in an hour of one unit. */
const UNITS = { gpu: 1_000n * HOUR_MS, cpu: 1_000n * HOUR_MS, memory: 1_024n * HOUR_MS };

/** The grace to end, and the ways of reports. */
const SLACK_MS = 12_000n;

type Allocation = AllocationGranted['data']['allocation'];

/** What was charged of one allocation so far: quantities, and money for data that was moved. */
interface MeterBook {
  gpu: bigint;
  cpu: bigint;
  memory: bigint;
  egress: bigint;
  final: boolean;
}

interface BudgetBook {
  limit: { readonly micro: bigint; readonly period: string } | undefined;
  readonly holds: Map<string, bigint>;
  spent: bigint;
  readonly months: Map<string, bigint>;
}

/** Holds, charges and the ledger, kept from the facts alone and worked out again with other arithmetic. */
export class MoneyBook {
  charged = 0n;
  private readonly lists: PriceListPublished['data'][] = [];
  private readonly grants = new Map<string, AllocationGranted['data']['allocation']>();
  private readonly releases = new Map<string, AllocationReleased['data']>();
  private readonly charges = new Map<string, ChargePosted['data']>();
  private readonly counted = new Map<string, bigint>();
  private readonly budgets = new Map<string, BudgetBook>();
  private readonly released = new Set<string>();
  private readonly balances = new Map<string, bigint>();
  /** Quantity of each line key so far. */
  private readonly keys = new Map<string, bigint>();
  private readonly meters = new Map<string, MeterBook>();
  /** All that was ever set aside, by job. */
  private readonly setAside = new Map<string, bigint>();

  constructor(private readonly fail: Fail) {}

  observe(event: Recorded): void {
    const { type, data } = event;
    this.checkPostings(event);
    if (type === 'billing.priceList.published') this.lists.push(data as PriceListPublished['data']);
    else if (type === 'drm.partition.allocation-granted') {
      const { allocation } = data as AllocationGranted['data'];
      this.grants.set(allocation.allocationId, allocation);
    } else if (type === 'drm.partition.allocation-released') {
      const release = data as AllocationReleased['data'];
      this.releases.set(release.allocationId, release);
    } else if (type === 'billing.account.charge-posted') this.posted(data as ChargePosted['data']);
    else if (type === 'billing.budget.set') this.limited(data as BudgetSet['data']);
    else if (type === 'billing.budget.hold-placed') this.holdPlaced(data as HoldPlaced['data']);
    else if (type === 'billing.budget.hold-raised') this.holdRaised(data as BudgetHoldRaised['data']);
    else if (type === 'billing.budget.charge-counted') this.chargeCounted(data as ChargeCounted['data']);
    else if (type === 'billing.budget.hold-released') this.holdReleased(data as HoldReleased['data']);
  }

  private posted(charge: ChargePosted['data']): void {
    const { chargeId, allocationId } = charge;
    if (this.charges.has(chargeId)) this.fail('nothing is charged twice', `${chargeId} was posted twice`);
    this.charges.set(chargeId, charge);
    this.charged += BigInt(charge.totalMicroUsd);
    const sum = charge.lines.reduce((micro, { amountMicroUsd }) => micro + BigInt(amountMicroUsd), 0n);
    if (sum !== BigInt(charge.totalMicroUsd)) {
      this.fail('charges equal metered intervals', `${chargeId} is ${charge.totalMicroUsd}, its lines sum to ${sum}`);
    }
    for (const line of charge.lines) this.checkAmount(charge, line);
    if (allocationId !== undefined) this.metered(allocationId, charge);
  }

  /** Every double entry, whatever fact bears it: sums to zero, rehearsals by themselves. */
  private checkPostings({ type, data, stream }: Recorded): void {
    const { postings } = data as { readonly postings?: readonly Posting[] };
    if (!type.startsWith('billing.') || !Array.isArray(postings)) return;
    let [money, rehearsed] = [0n, 0n];
    for (const { account, amountMicroUsd } of postings as readonly Posting[]) {
      if (account.startsWith('simulated:')) rehearsed += BigInt(amountMicroUsd);
      else money += BigInt(amountMicroUsd);
      this.balances.set(account, (this.balances.get(account) ?? 0n) + BigInt(amountMicroUsd));
    }
    if (money !== 0n || rehearsed !== 0n) {
      this.fail('the ledger sums to zero', `${type} of ${stream}: ${money} of money, ${rehearsed} of rehearsals`);
    }
  }

  /** A line costs what more of its key costs: price × quantity so far, rounded once, less what it cost before. */
  private checkAmount({ chargeId }: ChargePosted['data'], line: ChargeLine): void {
    const { lineKey = '', rateNumerator, rateDenominator, quantity, amountMicroUsd, terms } = line;
    if (terms?.model !== 'flat') return this.fail('charges equal metered intervals', `${chargeId}: no flat price`);
    const costs = (units: bigint): bigint => divideHalfEven(units * BigInt(rateNumerator), BigInt(rateDenominator));
    const before = this.keys.get(lineKey) ?? 0n;
    const after = before + BigInt(quantity);
    this.keys.set(lineKey, after);
    if (costs(after) - costs(before) !== BigInt(amountMicroUsd)) {
      this.fail('charges equal metered intervals', `${chargeId}: ${quantity} of ${lineKey} cost ${amountMicroUsd}`);
    }
  }

  /** Slices add up to what was held; the last one comes after the release, and nothing after it. */
  private metered(allocationId: string, charge: ChargePosted['data']): void {
    const { chargeId, lines, final = false } = charge;
    const grant = this.grants.get(allocationId);
    if (!grant) return this.fail('charges equal metered intervals', `${chargeId} charges what was never granted`);
    const book = this.meters.get(allocationId) ?? { gpu: 0n, cpu: 0n, memory: 0n, egress: 0n, final: false };
    if (book.final) this.fail('nothing is charged twice', `${allocationId} was charged after its end`);
    const list = this.lists.findLast(({ effectiveFrom }) => effectiveFrom <= grant.grantedAt) ?? this.lists[0];
    for (const line of lines) {
      if (line.kind === 'egress') book.egress += BigInt(line.amountMicroUsd);
      if (line.kind !== 'gpu' && line.kind !== 'cpu' && line.kind !== 'memory') continue;
      book[line.kind] += BigInt(line.quantity);
      const price = this.priceOf(list?.entries ?? [], line, line.kind);
      if (BigInt(line.rateNumerator) * UNITS[line.kind] !== price * BigInt(line.rateDenominator)) {
        this.fail(
          'charges equal metered intervals',
          `${chargeId}: ${line.kind} is not priced by the list of its grant`,
        );
      }
    }
    book.final = final;
    this.meters.set(allocationId, book);
    if (final) this.checkMeter(allocationId, grant, book);
  }

  private checkMeter(allocationId: string, grant: Allocation, book: MeterBook): void {
    const release = this.releases.get(allocationId);
    if (!release) return this.fail('charges equal metered intervals', `${allocationId} ended for billing alone`);
    const ms = BigInt(Math.max(0, Date.parse(release.at) - Date.parse(grant.grantedAt)));
    const held = { gpu: 0n, cpu: 0n, memory: 0n };
    for (const share of grant.shares) {
      held.gpu += BigInt(share.gpuMilli) * ms;
      held.cpu += BigInt(share.cpuMilli) * ms;
      held.memory += BigInt(share.memoryMiB) * ms;
    }
    for (const kind of ['gpu', 'cpu', 'memory'] as const) {
      if (book[kind] === held[kind]) continue;
      this.fail('charges equal metered intervals', `${allocationId}: ${kind} ${book[kind]}, held were ${held[kind]}`);
    }
    const moved = grant.transfers.reduce((sum, one) => sum + BigInt(one.sizeGiB) * BigInt(one.priceMicroUsdPerGiB), 0n);
    if (book.egress !== moved) {
      this.fail('charges equal metered intervals', `${allocationId}: egress ${book.egress}, moved were ${moved}`);
    }
  }

  private priceOf(
    entries: readonly PriceEntry[],
    line: Pick<ChargeLine, 'source' | 'simulated' | 'gpuModel'>,
    resource: string,
  ): bigint {
    const found = [line.gpuModel, '*'].flatMap((model) =>
      entries.filter(
        (entry) =>
          entry.source === line.source &&
          entry.simulated === line.simulated &&
          entry.resource === resource &&
          entry.gpuModel === model,
      ),
    );
    return BigInt(found[0]?.microUsdPerUnit ?? 0);
  }

  private budgetOf(organizationId: string): BudgetBook {
    const known = this.budgets.get(organizationId) ?? {
      limit: undefined,
      holds: new Map(),
      spent: 0n,
      months: new Map(),
    };
    this.budgets.set(organizationId, known);
    return known;
  }

  private limited({ organizationId, limitMicroUsd, period }: BudgetSet['data']): void {
    this.budgetOf(organizationId).limit = { micro: BigInt(limitMicroUsd), period };
  }

  private holdPlaced({ organizationId, holdId, jobId, amountMicroUsd, at }: HoldPlaced['data']): void {
    const { holds } = this.budgetOf(organizationId);
    if (holds.has(holdId)) this.fail('money is held once', `${holdId} was placed twice`);
    holds.set(holdId, BigInt(amountMicroUsd));
    this.setAside.set(jobId, BigInt(amountMicroUsd));
    this.checkLimit(organizationId, holdId, at);
  }

  private holdRaised({ organizationId, holdId, jobId, byMicroUsd, at }: BudgetHoldRaised['data']): void {
    const { holds } = this.budgetOf(organizationId);
    if (this.released.has(holdId)) this.fail('a hold is released once', `${holdId} was raised after its release`);
    holds.set(holdId, (holds.get(holdId) ?? 0n) + BigInt(byMicroUsd));
    this.setAside.set(jobId, (this.setAside.get(jobId) ?? 0n) + BigInt(byMicroUsd));
    this.checkLimit(organizationId, holdId, at);
  }

  private checkLimit(organizationId: string, holdId: string, at: string): void {
    const { limit, holds, spent, months } = this.budgetOf(organizationId);
    const held = [...holds.values()].reduce((sum, one) => sum + one, 0n);
    const used = limit?.period === 'month' ? (months.get(at.slice(0, 7)) ?? 0n) : spent;
    if (limit && used + held > limit.micro) {
      this.fail('no budget is overshot', `${holdId}: ${used} spent and ${held} held of ${limit.micro}`);
    }
  }

  private chargeCounted({
    organizationId,
    holdId,
    chargeId,
    amountMicroUsd,
    fromHoldMicroUsd,
    at,
  }: ChargeCounted['data']): void {
    const budget = this.budgetOf(organizationId);
    if (this.counted.has(chargeId)) this.fail('a charge counts once', `${chargeId} was counted twice`);
    this.counted.set(chargeId, BigInt(amountMicroUsd));
    const left = (budget.holds.get(holdId) ?? 0n) - BigInt(fromHoldMicroUsd);
    if (left < 0n) this.fail('a hold is never below zero', `${holdId} is at ${left}`);
    budget.holds.set(holdId, left);
    budget.spent += BigInt(amountMicroUsd);
    const month = at.slice(0, 7);
    budget.months.set(month, (budget.months.get(month) ?? 0n) + BigInt(amountMicroUsd));
  }

  private holdReleased({ organizationId, holdId, releasedMicroUsd }: HoldReleased['data']): void {
    const { holds } = this.budgetOf(organizationId);
    if (this.released.has(holdId)) this.fail('a hold is released once', `${holdId} was released twice`);
    this.released.add(holdId);
    if ((holds.get(holdId) ?? 0n) !== BigInt(releasedMicroUsd)) {
      this.fail('a hold is released whole', `${holdId}: ${releasedMicroUsd} of ${holds.get(holdId) ?? 0n}`);
    }
    holds.set(holdId, 0n);
  }

  /**
   * Where nothing goes wrong, what was set aside for a job is hard, as far as time is paid by it, to the grace to end and
   * the ways of reports. Data that a placement moves is charged with the placement.
   */
  closeCalm(): void {
    for (const [jobId, budget] of this.setAside) {
      const charges = [...this.charges.values()].filter((charge) => charge.jobId === jobId);
      const lines = charges.flatMap((charge) => charge.lines).filter(({ kind }) => kind !== 'egress');
      const spent = lines.reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n);
      const grants = [...this.grants.values()].filter(({ workloadId }) => workloadId === jobId);
      const perHour = grants.reduce((sum, { priceMicroUsdPerHour }) => sum + BigInt(priceMicroUsdPerHour), 0n);
      if (spent > budget + (perHour * SLACK_MS) / HOUR_MS)
        this.fail('no budget is overshot', `${jobId} cost ${spent} of ${budget}`);
    }
  }

  /** At the end: all that was held is charged and counted, every hold is free, and each ledger is at zero. */
  close(holdIds: Iterable<string>): void {
    for (const allocationId of this.grants.keys()) {
      if (!this.releases.has(allocationId)) this.fail('what ended is released', `${allocationId} is held for ever`);
      if (this.meters.get(allocationId)?.final !== true)
        this.fail('charges equal metered intervals', `${allocationId} is not charged to its end`);
    }
    for (const { chargeId, totalMicroUsd } of this.charges.values()) {
      if (this.counted.get(chargeId) !== BigInt(totalMicroUsd)) {
        this.fail(
          'a charge counts once',
          `${chargeId} is ${totalMicroUsd}, counted were ${this.counted.get(chargeId)}`,
        );
      }
    }
    for (const holdId of holdIds) {
      if (!this.released.has(holdId)) this.fail('every hold is freed', `${holdId} of an ended job is still held`);
    }
    const sum = [...this.balances.values()].reduce((total, balance) => total + balance, 0n);
    if (sum !== 0n) this.fail('the ledger sums to zero', `all accounts sum to ${sum}`);
  }
}
