import { Injectable } from '@nestjs/common';
import { LinkDeclared, SiteDeclared } from '@solyx/contracts/sdn';
import { causedBy, OnEvent, Streams } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import type { LinkFacts } from '../domain/link';
import { routeTableDecider } from '../domain/route-table';

const DECLARATIONS = ['sdn.site-', 'sdn.link-'] as const;
export const ROUTE_TABLE_ID = 'main';

/** Publishes the routes again whenever a site or a link was declared and they differ. */
@Injectable()
export class PublishRoutesProcess {
  private readonly sites = new Set<string>();
  private readonly links = new Map<string, LinkFacts>();
  /** Declarations up to here are folded into the two above. */
  private folded = -1n;
  /** Declarations up to here are in the table, or were refused. */
  private published = -1n;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  /** One after another: two folds at once could lay an older measure over a newer one. */
  @OnEvent(SiteDeclared, LinkDeclared)
  async publish(event: Recorded<SiteDeclared> | Recorded<LinkDeclared>): Promise<void> {
    const mine = this.turn.then(() => this.publishFrom(event));
    this.turn = mine.catch(() => undefined);
    await mine;
  }

  private async publishFrom(event: Recorded): Promise<void> {
    // A burst of declarations is one table: those already in it need no other.
    if (event.position <= this.published) return;
    await this.foldDeclarations();
    const upTo = this.folded;
    const data = { sites: [...this.sites], links: [...this.links.values()], at: this.clock.iso() };
    await this.streams.transact(routeTableDecider, ROUTE_TABLE_ID, { type: 'PublishRoutes', data }, causedBy(event));
    this.published = upTo;
  }

  /** From the log itself, so that the table is exact whatever a view or a restart missed. */
  private async foldDeclarations(): Promise<void> {
    for await (const event of this.streams.log.readAll({ after: this.folded, prefixes: DECLARATIONS })) {
      if (event.type === SiteDeclared.type) this.sites.add((event.data as SiteDeclared['data']).siteId);
      if (event.type === LinkDeclared.type) {
        const link = event.data as LinkFacts;
        this.links.set(link.linkId, link);
      }
      this.folded = event.position;
    }
  }
}
