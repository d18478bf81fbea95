import type {
  AllocationGranted,
  AllocationReleased,
  PartitionNodeJoined,
  PreemptionRequested,
  WorkloadQueued,
} from '@solyx/contracts/drm';
import type { Recorded } from '@solyx/kernel';
import { GpuLedger, type Fail } from './gpu-ledger';
import { JobBooks } from './job-book';
import { MoneyBook } from './money-book';

/** Hears every event as it is recorded, and keeps books of its own: the services' state is not asked. */
export class Monitor {
  readonly gpus: GpuLedger;
  readonly jobs: JobBooks;
  readonly money: MoneyBook;
  events = 0;

  constructor(fail: Fail) {
    this.gpus = new GpuLedger(fail);
    this.jobs = new JobBooks(fail);
    this.money = new MoneyBook(fail);
  }

  observe(event: Recorded): void {
    this.events += 1;
    this.partition(event);
    this.jobs.observe(event);
    this.money.observe(event);
  }

  private partition({ type, data }: Recorded): void {
    switch (type) {
      case 'drm.partition.node-joined': {
        const { terms, facts } = data as PartitionNodeJoined['data'];
        return this.gpus.joined(terms, facts);
      }
      case 'drm.partition.node-gone':
        return this.gpus.gone((data as { nodeId: string }).nodeId);
      case 'drm.partition.node-cordoned':
      case 'drm.partition.node-eviction-noticed':
        return this.gpus.cordoned((data as { nodeId: string }).nodeId, true);
      case 'drm.partition.node-uncordoned':
        return this.gpus.cordoned((data as { nodeId: string }).nodeId, false);
      case 'drm.partition.workload-queued':
        return this.gpus.queued((data as WorkloadQueued['data']).request);
      case 'drm.partition.workload-ended': {
        const { workloadId, attempt } = data as { workloadId: string; attempt: number };
        return this.gpus.ended(workloadId, attempt);
      }
      case 'drm.partition.allocation-granted':
        return this.gpus.granted(data as AllocationGranted['data']);
      case 'drm.partition.preemption-requested':
        return this.gpus.preempted(data as PreemptionRequested['data']);
      case 'drm.partition.allocation-released':
        return this.gpus.release((data as AllocationReleased['data']).allocationId);
      default:
    }
  }
}
