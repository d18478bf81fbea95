import { Module } from '@nestjs/common';
import { defineContext, EventingModule } from '@solyx/eventing';
import { FileTopologySource } from './adapters/file-topology.source';
import { DeclareTopologyProcess } from './application/declare-topology.process';
import { PublishRoutesProcess } from './application/publish-routes.process';
import { routeView } from './application/route.projection';
import { siteView } from './application/site.projection';
import { TopologySource } from './application/topology-source';
import { config } from './config';

export const sdnContext = defineContext({
  context: 'sdn',
  // Its own declarations come back to it over the bus: each change leads to a table, also after a crash between the two.
  listens: ['sdn'],
  projections: [siteView, routeView],
});

/** The table of contents of this service: what it shows, what it does, what it plugs in. */
@Module({
  imports: [EventingModule.forContext(sdnContext)],
  providers: [
    DeclareTopologyProcess,
    PublishRoutesProcess,
    { provide: TopologySource, useFactory: () => new FileTopologySource(config.topologyFile) },
  ],
})
export class SdnModule {}
