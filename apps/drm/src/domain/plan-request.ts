import { askedOf, type JobSpec, type WorkloadRequest } from '@solyx/contracts';

export interface PlanRequest {
  readonly planId: string;
  readonly organizationId: string;
  readonly spec: JobSpec;
  readonly at: string;
}

/** The spec as the scheduler would get it, were it submitted now. */
export function requestOf({ planId, organizationId, spec, at }: PlanRequest): WorkloadRequest {
  return { workloadId: planId, attempt: 1, organizationId, ...askedOf(spec), queuedAt: at };
}
