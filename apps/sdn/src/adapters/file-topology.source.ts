import { readFileSync } from 'node:fs';
import { eventRegistry } from '@solyx/contracts';
import { LinkDeclared, SiteDeclared } from '@solyx/contracts/sdn';
import { SolyxError } from '@solyx/kernel';
import { TopologySource } from '../application/topology-source';
import { linkIdOf } from '../domain/link';
import { LINKS_MAX, SITES_MAX } from '../domain/route';
import { DEFAULT_TOPOLOGY, type Topology } from '../domain/topology';

const HINT = 'Correct the topology file that SOLYX_SDN_TOPOLOGY_FILE names and start again.';
/** A site's id is part of subjects and streams. */
const SITE_ID = /^[a-z0-9](-?[a-z0-9]){0,40}$/;
const LATENCY_US_MAX = 60_000_000;
const AT = '2020-01-01T00:00:00.000Z';

const fault = (path: string, problem: string, cause?: unknown): SolyxError =>
  new SolyxError('InvalidArgument', `topology file ${path}: ${problem}`, { path }, { hint: HINT, cause });

/** What the rules of one event do not see: how the parts fit together. */
function misfit({ sites, links }: Topology): string | undefined {
  const ids = sites.map(({ siteId }) => siteId);
  if (ids.length === 0 || ids.length > SITES_MAX) return `sites must hold 1 to ${SITES_MAX} sites`;
  if (links.length > LINKS_MAX) return `links must hold at most ${LINKS_MAX} links`;
  const wrong = ids.find((id) => !SITE_ID.test(id));
  if (wrong !== undefined) return `siteId "${wrong}" must be lower case letters, digits and single dashes`;
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice !== undefined) return `site ${twice} is there twice`;
  const seen = new Set<string>();
  for (const { fromSite, toSite, latencyUs, egressMicroUsdPerGiB } of links) {
    const name = linkIdOf(fromSite, toSite);
    if (!ids.includes(fromSite) || !ids.includes(toSite)) return `link ${name} names a site that is not in sites`;
    if (fromSite === toSite) return `link ${name} leads nowhere`;
    if (seen.has(name)) return `link ${name} is there twice`;
    if (latencyUs > LATENCY_US_MAX) return `link ${name}: latencyUs must not be more than ${LATENCY_US_MAX}`;
    if (BigInt(egressMicroUsdPerGiB) < 0n) return `link ${name}: egressMicroUsdPerGiB must not be below 0`;
    seen.add(name);
  }
  return undefined;
}

/** A JSON file `{ "sites": [TopologySite], "links": [RouteLink] }`. Throws InvalidArgument naming the fault. */
export function readTopologyFile(path: string): Topology {
  try {
    const given = (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as Partial<Topology>;
    const { sites = [], links = [] } = given;
    // The file must be what could be recorded; so the events' own rules check it.
    for (const site of sites) eventRegistry.validate(SiteDeclared({ ...site, at: AT }));
    for (const link of links) eventRegistry.validate(LinkDeclared({ ...link, linkId: 'link', at: AT }));
    const problem = misfit({ sites, links });
    if (problem !== undefined) throw fault(path, problem);
    return { sites, links };
  } catch (error) {
    const known = SolyxError.from(error);
    throw known.hint === HINT ? known : fault(path, known.message, error);
  }
}

/** Sites and links that were read when the service started: a wrong file ends the start, not a route. */
export class FileTopologySource extends TopologySource {
  private readonly topology: Topology;

  constructor(path: string | undefined) {
    super();
    this.topology = path === undefined ? DEFAULT_TOPOLOGY : readTopologyFile(path);
  }

  override read(): Promise<Topology> {
    return Promise.resolve(this.topology);
  }
}
