import type { Topology } from '../domain/topology';

/** Where the sites and links come from that this installation begins with. */
export abstract class TopologySource {
  abstract read(): Promise<Topology>;
}
