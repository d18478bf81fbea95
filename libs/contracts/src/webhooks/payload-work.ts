import { count, flag, id, maybe, nested, oneOf, time, words } from './payload-rules';
import { WebhookAmount } from './payload-parts';

export class JobQueuedData {
  @id()
  readonly jobId!: string;
  @words(128)
  readonly name!: string;
  @id()
  readonly project!: string;
  @id()
  readonly submittedBy!: string;
  /** On each node. */
  @count()
  readonly gpus!: number;
  @count(1)
  readonly nodes!: number;
  /** It runs on no real hardware and costs nothing. */
  @flag()
  readonly simulated!: boolean;
}

export class JobProgressData {
  @id()
  readonly jobId!: string;
  @count(1)
  readonly attempt!: number;
}

export class JobEndedData extends JobProgressData {
  /** PascalCase: a failure's, an eviction's; of a cancellation in words. */
  @words(1024)
  readonly reason!: string;
}

export class JobFailedData extends JobEndedData {
  @words(1024)
  readonly message!: string;
  /** Negative where it was a signal. */
  @words(16)
  readonly exitCode!: string;
}

export class LeaseActivatedData {
  @id()
  readonly leaseId!: string;
  @id()
  readonly nodeId!: string;
}

export class LeaseEndedData extends LeaseActivatedData {
  @id()
  readonly reason!: string;
  @count()
  readonly billedSeconds!: number;
  @nested(() => WebhookAmount)
  readonly cost!: WebhookAmount;
}

export class WebhookEndpointFailingData {
  @id()
  readonly endpointId!: string;
  @count(1)
  readonly days!: number;
  @time()
  readonly failingSince!: string;
  @maybe()
  @words()
  readonly lastError?: string;
}

export class WebhookEndpointDisabledData {
  @id()
  readonly endpointId!: string;
  @oneOf(['requested', 'failing', 'gone'])
  readonly cause!: 'requested' | 'failing' | 'gone';
  @maybe()
  @time()
  readonly failingSince?: string;
}

export class WebhookTestData {
  @id()
  readonly endpointId!: string;
  @words()
  readonly message!: string;
}
