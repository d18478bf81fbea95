import { PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** The job that an event is about; undefined where it is about none. */
export function jobOf(event: Pick<Recorded, 'type' | 'data'>): string | undefined {
  const { data } = event;
  return (
    text(member(data, 'jobId')) ??
    text(member(data, 'workloadId')) ??
    text(member(member(data, 'request'), 'workloadId')) ??
    text(member(member(data, 'allocation'), 'workloadId')) ??
    text(member(member(data, 'details'), 'jobId')) ??
    jobNamed(text(member(data, 'subjectId')))
  );
}

const jobNamed = (id: string | undefined): string | undefined => /job_[0-9a-z]{16}/.exec(id ?? '')?.[0];

/**
 * The tenant whose event it is. The data's own word goes first: the scheduler decides for several tenants in one
 * append, whose metadata can name only one of them.
 */
export function tenantOf(event: Pick<Recorded, 'type' | 'data' | 'stream' | 'metadata'>): string {
  const { data } = event;
  // What an owner earns names who paid for it; it is the owner's all the same.
  if (EARNED.test(event.type)) return text(member(data, 'providerId')) ?? PLATFORM_ORGANIZATION;
  const said =
    text(member(data, 'organizationId')) ??
    text(member(member(data, 'allocation'), 'organizationId')) ??
    text(member(member(data, 'request'), 'organizationId')) ??
    text(member(member(data, 'queue'), 'organizationId')) ??
    text(member(member(data, 'reservation'), 'organizationId')) ??
    text(member(member(data, 'details'), 'organizationId'));
  if (said !== undefined) return said;
  return isShared(event) ? PLATFORM_ORGANIZATION : event.metadata.organizationId;
}

const EARNED = /^billing\.(provider|payout)\./;

/** The scheduler's journal, and what is refused about it, hold the decisions for all tenants. */
const isShared = ({ stream, data }: Pick<Recorded, 'stream' | 'data'>): boolean =>
  stream.startsWith('drm.partition-') || (text(member(data, 'stream'))?.startsWith('drm.partition-') ?? false);

/** A shared event that names a tenant's job without naming the tenant: whose job it is must be looked up. */
export const needsOwner = (event: Pick<Recorded, 'type' | 'data' | 'stream' | 'metadata'>): boolean =>
  tenantOf(event) === PLATFORM_ORGANIZATION && jobOf(event) !== undefined;
