import type { UsageFact } from '@solyx/contracts';
import type { PeriodClosed } from '@solyx/contracts/billing';
import { UsageReported } from '@solyx/contracts/cmo';
import { AllocationGranted, AllocationReleased } from '@solyx/contracts/drm';
import { OrganizationRegistered } from '@solyx/contracts/gateway';
import type { Recorded } from '@solyx/kernel';
import { MemoryEventLog } from '@solyx/testing';
import { FileCustomerDirectory } from '../adapters/invoicing/file-customer.directory';
import { NoTaxSource } from '../adapters/invoicing/no-tax.source';
import { MemoryMerkleStore } from '../adapters/proof/memory-merkle.store';
import { SeededHeadSigner } from '../adapters/proof/seeded-head-signer';
import { AccountCharges } from '../application/invoicing/account-charges';
import { AccountProfiles } from '../application/invoicing/account-profiles';
import { DocumentNumbers } from '../application/invoicing/document-numbers';
import { InvoiceCredits } from '../application/invoicing/invoice-credits';
import { IssueInvoicesProcess } from '../application/invoicing/issue-invoices.process';
import { InvoiceEvents } from '../application/proof/invoice-events';
import { InvoiceProofs } from '../application/proof/invoice-proofs';
import { LogTree } from '../application/proof/log-tree';
import { TreeHeads } from '../application/proof/tree-heads';
import { allocation, iso, ORGANIZATION, T0 } from './fixtures';
import { Plane } from './plane';

export const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const JOURNAL = 'drm.partition-main';

/** Billing over a log, with its invoices and the tree that proves them. */
export class ProofPlane extends Plane {
  readonly signer = new SeededHeadSigner('spec');
  readonly tree: LogTree;
  readonly heads: TreeHeads;
  readonly proofs: InvoiceProofs;
  private readonly invoices: IssueInvoicesProcess;
  private reports = 0;

  constructor() {
    super((clock) => new MemoryEventLog(clock));
    const { streams, log, clock } = this;
    this.tree = new LogTree(log, new MemoryMerkleStore());
    this.heads = new TreeHeads(streams, log, this.tree, this.signer, clock);
    this.proofs = new InvoiceProofs(new InvoiceEvents(log), this.tree, this.heads);
    this.invoices = new IssueInvoicesProcess(
      streams,
      new AccountCharges(streams),
      new AccountProfiles(streams),
      new DocumentNumbers(streams, clock),
      new FileCustomerDirectory(streams, undefined),
      new NoTaxSource(),
      new InvoiceCredits(streams, clock),
      clock,
    );
  }

  async open(organizationId = ORGANIZATION): Promise<void> {
    await this.publishPrices();
    const registered = OrganizationRegistered({ organizationId, name: 'Acme', at: iso(T0) });
    await this.deliver(await this.recorded(`gateway.organization-${organizationId}`, registered, organizationId));
  }

  /** A job that held GPUs from one instant to another. */
  async held(jobId: string, from: number, to: number, change: Parameters<typeof allocation>[0] = {}): Promise<void> {
    const allocationId = `alc_${jobId}`;
    const granted = allocation({ allocationId, workloadId: jobId, grantedAt: iso(from), ...change });
    const grant = AllocationGranted({
      ...{
        allocation: granted,
        policy: 'best-fit-1',
        candidates: [],
        sentence: 'An owned GPU was free.',
        at: iso(from),
      },
    });
    await this.deliver(await this.recorded(JOURNAL, grant, 'platform'));
    const { organizationId } = granted;
    const release = AllocationReleased({
      ...{ allocationId, workloadId: jobId, attempt: 1, organizationId, reason: 'Ended' as const, at: iso(to) },
    });
    await this.deliver(await this.recorded(JOURNAL, release, 'platform'));
  }

  async used(facts: readonly UsageFact[], organizationId = ORGANIZATION): Promise<void> {
    this.reports += 1;
    const report = UsageReported({ meterId: 'endpoint-1', organizationId, facts, at: this.clock.iso() });
    await this.deliver(await this.recorded(`cmo.usage-${this.reports}`, report, organizationId));
  }

  /** Time passes, grace ends, periods are closed and invoiced. */
  async closeUntil(at: number): Promise<void> {
    const closed: Recorded<PeriodClosed>[] = [];
    this.clock.advance(at - this.clock.now());
    const before = await this.log.head();
    await this.tick();
    for await (const event of this.log.readAll({ after: before, prefixes: ['billing.account'] })) {
      if (event.type === 'billing.account.period-closed') closed.push(event as unknown as Recorded<PeriodClosed>);
    }
    for (const event of closed) await this.invoices.issue(event);
  }

  /** A month, and the next one with what came late for it. */
  async months(): Promise<void> {
    await this.open();
    const shares = allocation().shares.map((one) => ({ ...one, cpuMilli: 8_000, memoryMiB: 65_536 }));
    await this.held('job_1', T0, T0 + 3 * HOUR + 1_234, { shares });
    await this.held('job_2', T0 - 5 * HOUR, T0 - HOUR, { shares: [...shares, ...shares] });
    await this.used(tokens('r1', T0 - DAY, 40));
    await this.used(tokens('r2', T0 + 2 * HOUR, 25));
    await this.closeUntil(T0 + 5 * DAY);
    await this.used(tokens('late', T0 - 2 * DAY, 7));
    await this.held('job_3', T0 + 6 * DAY, T0 + 6 * DAY + 7);
    await this.closeUntil(T0 + 40 * DAY);
  }
}

export const tokens = (
  id: string,
  from: number,
  count: number,
  change: Partial<UsageFact> = {},
): readonly UsageFact[] =>
  Array.from({ length: count }, (_, index) => ({
    usageId: `${id}-${index}`,
    resource: { kind: 'endpoint', id: 'ep_1' },
    meter: index % 3 === 0 ? 'token-output' : 'token-input',
    quantity: String(1_000 + index * 37),
    unit: 'token',
    from: iso(from + index * 1_000),
    to: iso(from + index * 1_000),
    source: 'owned',
    simulated: false,
    model: 'llama-70b',
    pricing: 'on-demand',
    quality: 'standard',
    project: 'default',
    ...change,
  }));
