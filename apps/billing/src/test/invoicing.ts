import { MemoryEventLog } from '@solyx/testing';
import { Streams, type EventLog } from '@solyx/eventing';
import { deriveId, ManualClock, type DomainEvent, type Recorded } from '@solyx/kernel';
import type { ChargeLine, PriceTerms } from '@solyx/contracts';
import { ChargePosted, PeriodClosed } from '@solyx/contracts/billing';
import { NoTaxSource } from '../adapters/invoicing/no-tax.source';
import { FileCustomerDirectory } from '../adapters/invoicing/file-customer.directory';
import { AccountCharges } from '../application/invoicing/account-charges';
import { AccountProfiles } from '../application/invoicing/account-profiles';
import { DocumentNumbers } from '../application/invoicing/document-numbers';
import { InvoiceCredits } from '../application/invoicing/invoice-credits';
import { IssueInvoicesProcess } from '../application/invoicing/issue-invoices.process';
import type { TaxSource } from '../application/invoicing/ports';
import { periodNamed } from '../domain/billing-period';
import { amountOf } from '../domain/rating/amount';

export const T0 = Date.UTC(2026, 1, 4);
export const PERIOD = '2026-01';
const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const iso = (ms: number): string => new Date(ms).toISOString();

/** Graduated: 2.30 USD per GPU-hour for the first hundred, 2.00 beyond. */
export const TERMS: PriceTerms = {
  priceBookId: 'main',
  priceBookVersion: 1,
  entryId: 'gpu-h100',
  model: 'graduated',
  unit: 'milli-gpu-ms',
  tiers: [
    { upTo: '360000000000', rateNumerator: '2300000', rateDenominator: '3600000000' },
    { rateNumerator: '2000000', rateDenominator: '3600000000' },
  ],
  markupBps: 0,
  discountBps: 0,
};

export interface Use {
  /** Milli-GPU × milliseconds. */
  readonly quantity: bigint;
  readonly project?: string;
  readonly team?: string;
  readonly user?: string;
  readonly simulated?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly hour?: number;
}

/** Charges as an account posts them: each line continues where the last of its key ended. */
export class Charging {
  private readonly before = new Map<string, bigint>();
  private count = 0;

  constructor(
    readonly organizationId: string,
    readonly period = PERIOD,
  ) {}

  charge(use: Use): ChargePosted['data'] {
    const { quantity, project = 'default', simulated = false, hour = 0 } = use;
    const lineKey = deriveId(this.organizationId, this.period, project, String(simulated));
    const before = this.before.get(lineKey) ?? 0n;
    this.before.set(lineKey, before + quantity);
    this.count += 1;
    const [amountBefore, amountAfter] = [amountOf(TERMS, before), amountOf(TERMS, before + quantity)];
    const amount = (amountAfter - amountBefore).toString();
    const line: ChargeLine = {
      ...{ kind: 'gpu', description: 'H100', source: 'owned', simulated, nodeId: 'node-1', gpuModel: 'H100' },
      ...{ quantity: quantity.toString(), unit: 'milli-gpu-ms', from: iso(START + hour * HOUR) },
      ...{ to: iso(START + (hour + 1) * HOUR), rateNumerator: '2300000', rateDenominator: '3600000000' },
      ...{ amountMicroUsd: amount, listAmountMicroUsd: amount, eventIds: [], positions: [], lineKey },
      skuId: `${simulated ? 'simulated:' : ''}gpu/owned/H100/on-demand/standard`,
      ...{ pricing: 'on-demand', quality: 'standard', quantityBefore: before.toString() },
      ...{ amountBefore: amountBefore.toString(), terms: TERMS },
      ...(use.team === undefined ? {} : { team: use.team }),
      ...(use.user === undefined ? {} : { user: use.user }),
      ...(use.labels === undefined ? {} : { labels: use.labels }),
    };
    return {
      chargeId: `chg_${this.organizationId}_${this.count}`,
      organizationId: this.organizationId,
      project,
      resource: { kind: 'job', id: `job_${this.count % 7}` },
      period: this.period,
      lines: [line],
      postings: [],
      totalMicroUsd: amount,
      at: line.to,
    };
  }
}

/** A log with accounts in it, and what issues their invoices: as often as one likes, for each start is a new one. */
export class Bookkeeping {
  readonly clock = new ManualClock(T0);
  readonly log: EventLog;

  constructor(makeLog: (clock: ManualClock) => EventLog = (clock) => new MemoryEventLog(clock)) {
    this.log = makeLog(this.clock);
  }

  /** A process that has just started: it remembers nothing. */
  start(taxes: TaxSource = new NoTaxSource(), log: EventLog = this.log) {
    const streams = new Streams(log);
    const charges = new AccountCharges(streams);
    const profiles = new AccountProfiles(streams);
    const numbers = new DocumentNumbers(streams, this.clock);
    const credits = new InvoiceCredits(streams, this.clock);
    const customers = new FileCustomerDirectory(streams, undefined);
    const { clock } = this;
    const issuing = new IssueInvoicesProcess(streams, charges, profiles, numbers, customers, taxes, credits, clock);
    return { streams, charges, profiles, numbers, credits, customers, issuing };
  }

  async record(stream: string, events: readonly DomainEvent[], organizationId: string): Promise<readonly Recorded[]> {
    const before = await this.events(stream);
    const metadata = {
      organizationId,
      actor: { kind: 'service', id: 'billing', roles: [] },
      $correlationId: 'month',
      $causationId: 'month',
    } as const;
    const stored = events.map((event, index) => ({
      ...event,
      id: deriveId(stream, before.length + index),
      metadata: { ...metadata, version: event.type === 'billing.account.charge-posted' ? 2 : 1 },
    }));
    await this.log.append(stream, stored, 'any');
    return (await this.events(stream)).slice(before.length);
  }

  /** Charges of a period and its close, as the account's stream holds them; answers the close. */
  async closeMonth(charges: readonly ChargePosted['data'][], zone = 'UTC'): Promise<Recorded<PeriodClosed>> {
    const [{ organizationId, period } = { organizationId: 'nobody', period: PERIOD }] = charges;
    const { from, to } = periodNamed(period, zone);
    const sum = (simulated: boolean): string =>
      charges
        .flatMap(({ lines }) => lines)
        .filter((line) => line.simulated === simulated)
        .reduce((total, { amountMicroUsd }) => total + BigInt(amountMicroUsd), 0n)
        .toString();
    const closed = PeriodClosed({
      ...{ organizationId, period, timeZone: zone, from, to, charges: charges.length },
      ...{ totalMicroUsd: sum(false), simulatedMicroUsd: sum(true), at: iso(T0) },
    });
    const stream = `billing.account-${organizationId}`;
    const recorded = await this.record(stream, [...charges.map((data) => ChargePosted(data)), closed], organizationId);
    return recorded[recorded.length - 1] as Recorded<PeriodClosed>;
  }

  async events(stream: string): Promise<readonly Recorded[]> {
    const found: Recorded[] = [];
    for await (const event of this.log.readStream(stream)) found.push(event);
    return found;
  }

  async all<E extends DomainEvent>(type: E['type']): Promise<readonly Recorded<E>[]> {
    const found: Recorded<E>[] = [];
    for await (const event of this.log.readAll()) if (event.type === type) found.push(event as unknown as Recorded<E>);
    return found;
  }
}
