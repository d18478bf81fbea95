import { Injectable } from '@nestjs/common';
import type { Operation as Permission } from '@solyx/kernel';
import type { Projection } from '@solyx/eventing';
import type { AtInput } from '../../domain/instant';
import { Gate } from '../gate';
import type { Operation } from '../operation';
import { pageSize, toConnection, type Connection } from '../paging';
import { TenantViews } from '../tenant-views';

export interface ListArguments {
  readonly first: number;
  readonly after?: string | null;
  readonly at?: AtInput | null;
}

/** A list of the API as data: who may read it, which view, which arguments choose. */
export interface Listing {
  readonly permission: Permission;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- rows of any view.
  readonly projection: Projection<any>;
  /** The platform's rows instead of the caller's own. */
  readonly shared?: boolean;
  /** Arguments that are equal to an indexed field of the row, by name. */
  readonly by?: readonly string[];
}

/** Bounded pages of the views of money, newest first. */
@Injectable()
export class Listings {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
  ) {}

  async page(operation: Operation, listing: Listing, args: ListArguments): Promise<Connection<unknown>> {
    await this.gate.allow(operation, listing.permission);
    const { first, after, at } = args;
    const chosen = (listing.by ?? []).flatMap((name) => {
      const value = (args as unknown as Record<string, unknown>)[name];
      return value === null || value === undefined ? [] : [[name, value] as const];
    });
    const query = {
      ...{ first: pageSize(first), order: 'newest' as const, at, where: Object.fromEntries(chosen) },
      ...(after ? { after } : {}),
    };
    const page = listing.shared
      ? await this.views.sharedPage(operation, listing.projection, query)
      : await this.views.ownPage(operation, listing.projection, query);
    return toConnection(page);
  }

  /** One row, or null: another tenant's is as unknown as one that never was. */
  async one(operation: Operation, listing: Listing, key: string, at?: AtInput | null): Promise<unknown> {
    await this.gate.allow(operation, listing.permission);
    const row: unknown = listing.shared
      ? await this.views.shared(operation, listing.projection, key, at)
      : await this.views.own(operation, listing.projection, key, at);
    return row ?? null;
  }
}
