import type { RouteLink } from './route';

export interface TopologySite {
  readonly siteId: string;
  readonly region: string;
  readonly provider: string;
  /** True: no place stands behind it. */
  readonly simulated: boolean;
}

/** What is declared at start: the sites, and the links between them. */
export interface Topology {
  readonly sites: readonly TopologySite[];
  readonly links: readonly RouteLink[];
}

const bothWays = (link: RouteLink, egressBackMicroUsdPerGiB: string): readonly RouteLink[] => [
  link,
  {
    ...link,
    fromSite: link.toSite,
    toSite: link.fromSite,
    egressMicroUsdPerGiB: egressBackMicroUsdPerGiB,
  },
];

/** From, to, latency in µs, Mbit/s, egress in micro-USD per GiB there and back. */
type Row = readonly [string, string, number, number, number, number];

const linkRow = ([fromSite, toSite, latencyUs, bandwidthMbps, there, back]: Row): readonly RouteLink[] =>
  bothWays({ fromSite, toSite, latencyUs, bandwidthMbps, egressMicroUsdPerGiB: there.toString() }, back.toString());

/**
 * The built-in topology. `home` is this installation; all else is simulated. Latencies are those of the regions
 * (Frankfurt, Amsterdam, Virginia, Texas), egress is in the range that object stores and lessors list publicly.
 */
export const DEFAULT_TOPOLOGY: Topology = {
  sites: [
    { siteId: 'home', region: 'eu-central', provider: 'owned', simulated: false },
    { siteId: 'vast-eu', region: 'eu-west', provider: 'vast', simulated: true },
    { siteId: 'runpod-us', region: 'us-east', provider: 'runpod', simulated: true },
    { siteId: 'lambda-us', region: 'us-south', provider: 'lambda', simulated: true },
    { siteId: 's3-eu', region: 'eu-central', provider: 's3', simulated: true },
    { siteId: 's3-us', region: 'us-east', provider: 's3', simulated: true },
  ],
  links: (
    [
      ['home', 'vast-eu', 12_000, 1_000, 0, 2_000],
      ['home', 'runpod-us', 90_000, 1_000, 0, 5_000],
      ['home', 'lambda-us', 115_000, 1_000, 0, 0],
      ['home', 's3-eu', 4_000, 2_000, 0, 90_000],
      ['vast-eu', 'runpod-us', 80_000, 2_000, 2_000, 5_000],
      ['runpod-us', 'lambda-us', 32_000, 5_000, 5_000, 0],
      ['s3-eu', 'vast-eu', 10_000, 5_000, 90_000, 2_000],
      ['s3-eu', 's3-us', 88_000, 10_000, 20_000, 20_000],
      ['s3-us', 'runpod-us', 6_000, 10_000, 90_000, 5_000],
      ['s3-us', 'lambda-us', 30_000, 10_000, 90_000, 0],
    ] as const satisfies readonly Row[]
  ).flatMap(linkRow),
};
