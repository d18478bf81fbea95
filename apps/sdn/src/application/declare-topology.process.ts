import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams } from '@solyx/eventing';
import { anchor, Clock } from '@solyx/kernel';
import { linkDecider, linkIdOf } from '../domain/link';
import type { RouteLink } from '../domain/route';
import { siteDecider } from '../domain/site';
import type { TopologySite } from '../domain/topology';
import { TopologySource } from './topology-source';

const TICK_MS = 1_000;

/**
 * Declares the configured sites and links once per start. What is already so is not declared again; a link with new
 * measures is. A site or link that left the configuration stays declared: history knows no undeclaring.
 */
@Injectable()
export class DeclareTopologyProcess {
  private declared = false;

  constructor(
    private readonly streams: Streams,
    private readonly source: TopologySource,
    private readonly clock: Clock,
  ) {}

  @OnTick(TICK_MS)
  async declareOnce(): Promise<void> {
    if (this.declared) return;
    const { sites, links } = await this.source.read();
    // Sites first: a link between sites that nobody declared is no route.
    await Promise.all(sites.map((site) => this.declareSite(site)));
    await Promise.all(links.map((link) => this.declareLink(link)));
    this.declared = true;
  }

  private async declareSite(site: TopologySite): Promise<void> {
    const { revision } = await this.streams.load(siteDecider, site.siteId);
    const command = { type: 'DeclareSite', data: { ...site, at: this.clock.iso() } } as const;
    await this.streams.transact(siteDecider, site.siteId, command, this.occasion(site.siteId, site, revision));
  }

  private async declareLink(link: RouteLink): Promise<void> {
    const linkId = linkIdOf(link.fromSite, link.toSite);
    const { revision } = await this.streams.load(linkDecider, linkId);
    const command = { type: 'DeclareLink', data: { ...link, linkId, at: this.clock.iso() } } as const;
    await this.streams.transact(linkDecider, linkId, command, this.occasion(linkId, link, revision));
  }

  /** The revision is part of it, so that measures which return to what they were are a new fact. */
  private occasion(id: string, facts: object, revision: bigint) {
    return onOccasion('sdn', `declare/${id}/${revision}/${anchor(facts)}`);
  }
}
