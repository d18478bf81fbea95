import { Injectable } from '@nestjs/common';
import { LruMap, Views, type Projection } from '@solyx/eventing';

const TENANTS_MAX = 10_000;
const WAIT_MS = 2_000;

interface Shown {
  position: bigint;
  /** Views known to have folded the log up to `position`. */
  readonly reached: Set<string>;
}

/**
 * What each organization has written, or was shown, through this process. A later read waits until its view has
 * folded that, so that nobody asks for what they just did and is told that it is not there.
 */
@Injectable()
export class Freshness {
  private readonly tenants = new LruMap<string, Shown>(TENANTS_MAX);

  constructor(private readonly views: Views) {}

  note(organizationId: string, position: bigint): void {
    const shown = this.tenants.get(organizationId);
    if (shown && shown.position >= position) return;
    this.tenants.set(organizationId, { position, reached: new Set() });
  }

  /** Newest position that the organization knows of; -1 where it knows none. */
  known(organizationId: string): bigint {
    return this.tenants.get(organizationId)?.position ?? -1n;
  }

  /** False where the view did not get there in time: what it shows may be older than what was seen. */
  async reach(organizationId: string, projection: Projection): Promise<boolean> {
    const shown = this.tenants.get(organizationId);
    if (!shown || shown.reached.has(projection.name)) return true;
    const reached = await this.views.waitFor(projection, shown.position, WAIT_MS);
    if (reached) shown.reached.add(projection.name);
    return reached;
  }
}
