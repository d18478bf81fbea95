import { Injectable } from '@nestjs/common';
import { isPermitted } from '@solyx/kernel';
import type { AtInput } from '../../domain/instant';
import { Gate } from '../gate';
import type { Operation } from '../operation';
import { pageSize, toConnection, type Connection } from '../paging';
import { TenantViews } from '../tenant-views';
import { gatewayPriceBook, gatewayProfile, LIST_BOOK, type PriceBookRow } from '../views';
import type { ListArguments } from './listings';

/** The book that rates whoever has none of their own, and the list behind it. */
const FOR_ALL = ['default', LIST_BOOK];

/** Price books: a contract of one customer is nobody else's to read. */
@Injectable()
export class PricesQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
  ) {}

  async priceBooks(operation: Operation, { first, after, at }: ListArguments): Promise<Connection<PriceBookRow>> {
    await this.gate.allow(operation, 'money:read');
    const size = pageSize(first);
    if (isPermitted(operation.caller.actor, 'prices:set')) {
      const query = { first: size, order: 'newest' as const, at, ...(after ? { after } : {}) };
      return toConnection(await this.views.sharedPage(operation, gatewayPriceBook, query));
    }
    const ids = await this.known(operation, at);
    const rows = await Promise.all(ids.map((id) => this.views.shared(operation, gatewayPriceBook, id, at)));
    const found = rows.filter((row) => row !== undefined);
    const from = after ? found.findIndex(({ id }) => id === after) + 1 : 0;
    return toConnection({
      rows: found.slice(from, from + size).map((row) => ({ key: row.id, cursor: row.id, row })),
      hasNext: found.length > from + size,
    });
  }

  async priceBook(operation: Operation, id: string, at?: AtInput | null): Promise<PriceBookRow | null> {
    await this.gate.allow(operation, 'money:read');
    const mayAny = isPermitted(operation.caller.actor, 'prices:set');
    if (!mayAny && !(await this.known(operation, at)).includes(id)) return null;
    return (await this.views.shared(operation, gatewayPriceBook, id, at)) ?? null;
  }

  private async known(operation: Operation, at?: AtInput | null): Promise<readonly string[]> {
    const profile = await this.views.own(operation, gatewayProfile, operation.organizationId, at);
    const own = (profile?.priceBooks ?? []).map(({ priceBookId }) => priceBookId).reverse();
    return [...new Set([...own, ...FOR_ALL])];
  }
}
