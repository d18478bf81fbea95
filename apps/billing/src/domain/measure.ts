import type { Allocation, AllocationShare, Meter, PriceTerms, Transfer, UsageFact } from '@solyx/contracts';
import { agreedTerms, type MeteredUsage as Usage } from './rating/rate-usage';

/** Lines that differ only by their node are added up once there are more than this. */
export const LINES_MAX = 24;
const DESCRIPTION_MAX = 200;
const BYTES_PER_GIB = 1_024n ** 3n;

/** A quantity of one thing, whom it is for and what shows it, before its price. */
export interface Measured {
  /** Its `from` is when its price was agreed: the grant, for what an allocation holds. */
  readonly usage: Usage;
  /** When it was used: inclusive, ISO 8601 UTC, … */
  readonly from: string;
  /** … exclusive. */
  readonly to: string;
  readonly description: string;
  readonly nodeId: string;
  readonly team?: string;
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The organization that owns the shared GPU. */
  readonly providerId?: string;
  /** A price that was agreed elsewhere, as that of a route in the decision. */
  readonly agreed?: PriceTerms;
}

/** [from, to) of an allocation. */
export interface HeldSlice {
  readonly allocation: Allocation;
  readonly from: string;
  readonly to: string;
  /** 1, or −1 where this time had been charged and was not held. */
  readonly sign: 1n | -1n;
}

const inUnits = (milli: number): string => (milli / 1_000).toString();

/** What of a share is counted, and in which words. */
const resourcesOf = (share: AllocationShare) =>
  [
    { meter: 'gpu', amount: share.gpuMilli, words: `${inUnits(share.gpuMilli)} × ${share.gpuModel} GPU` },
    { meter: 'cpu', amount: share.cpuMilli, words: `${inUnits(share.cpuMilli)} CPU cores` },
    { meter: 'memory', amount: share.memoryMiB, words: `${share.memoryMiB} MiB of memory` },
  ] as const satisfies readonly { readonly meter: Meter; readonly amount: number; readonly words: string }[];

const label = ({ source, simulated }: AllocationShare): string => (simulated ? `${source}, simulated` : source);

const ownerOf = ({ source, provider }: AllocationShare) => (source === 'shared' ? { providerId: provider } : {});

/** Prices are those of the grant: what was sold under a price stays sold. */
const usageOf = (share: AllocationShare, { allocation }: HeldSlice, meter: Meter, quantity: bigint): Usage => ({
  meter,
  quantity,
  project: allocation.project,
  source: share.source,
  simulated: share.simulated,
  product: share.gpuModel,
  pricing: 'on-demand',
  quality: 'standard',
  resourceId: allocation.workloadId,
  from: allocation.grantedAt,
});

function measureShare(share: AllocationShare, slice: HeldSlice): readonly Measured[] {
  const ms = BigInt(Math.max(0, Date.parse(slice.to) - Date.parse(slice.from))) * slice.sign;
  return resourcesOf(share)
    .filter(({ amount }) => amount > 0)
    .map(({ meter, amount, words }) => ({
      usage: usageOf(share, slice, meter, BigInt(amount) * ms),
      from: slice.from,
      to: slice.to,
      description: `${words} (${label(share)})`,
      nodeId: share.nodeId,
      ...ownerOf(share),
    }));
}

/** Egress costs what the route in the decision says: the price was known when the work was placed. */
function measureTransfer(transfer: Transfer, slice: HeldSlice): readonly Measured[] {
  const { shares } = slice.allocation;
  const share = shares.find(({ site }) => site === transfer.toSite) ?? shares[0];
  if (!share) return [];
  const { uri, sizeGiB, fromSite, toSite, priceMicroUsdPerGiB } = transfer;
  const route = `${fromSite}>${toSite}`;
  const usage = usageOf(share, slice, 'egress', BigInt(sizeGiB) * BYTES_PER_GIB);
  return [
    {
      usage: { ...usage, product: route },
      from: slice.from,
      to: slice.to,
      description: `${sizeGiB} GiB from ${fromSite} to ${toSite}: ${uri} (${label(share)})`.slice(0, DESCRIPTION_MAX),
      nodeId: share.nodeId,
      agreed: agreedTerms('egress', BigInt(priceMicroUsdPerGiB), {
        priceBookId: 'route',
        version: 0,
        entryId: route.slice(0, 128),
      }),
    },
  ];
}

const groupOf = ({ usage, agreed, providerId }: Measured): string =>
  [
    ...[usage.meter, usage.source, usage.simulated, usage.product, providerId ?? ''],
    ...(agreed ? [agreed.tiers[0]?.rateNumerator] : []),
  ].join('/');

/** One of each group: its members' quantities are added. */
function combine(measured: readonly Measured[]): readonly Measured[] {
  const groups = new Map<string, Measured[]>();
  for (const one of measured) groups.set(groupOf(one), [...(groups.get(groupOf(one)) ?? []), one]);
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (!first) return [];
    const more = members.length > 1 ? ` and ${members.length - 1} more alike` : '';
    const quantity = members.reduce((sum, { usage }) => sum + usage.quantity, 0n);
    const description = `${first.description.slice(0, DESCRIPTION_MAX - more.length)}${more}`;
    return [{ ...first, usage: { ...first.usage, quantity }, description }];
  });
}

/**
 * What was held in [from, to): for each share GPUs, cores and memory; with the first slice the data that was moved for
 * it. To the millisecond, in thousandths of a GPU.
 */
export function measureSlice(slice: HeldSlice): readonly Measured[] {
  const { allocation, from, sign } = slice;
  const held = allocation.shares.flatMap((share) => measureShare(share, slice));
  const isFirst = from === allocation.grantedAt && sign === 1n;
  const moved = isFirst ? allocation.transfers.flatMap((transfer) => measureTransfer(transfer, slice)) : [];
  const measured = [...held, ...moved];
  return measured.length > LINES_MAX ? combine(measured) : measured;
}

const WORDS: Readonly<Partial<Record<Meter, string>>> = {
  'token-input': 'Input tokens',
  'token-output': 'Output tokens',
  'token-cached': 'Cached input tokens',
  gpu: 'GPU time',
  cpu: 'CPU time',
  memory: 'Memory',
  egress: 'Data transfer out',
  storage: 'Storage',
  impression: 'Ad impressions',
  click: 'Ad clicks',
};

/** What a fact of usage says. */
export const measureFact = (fact: UsageFact): Measured => ({
  usage: {
    meter: fact.meter,
    quantity: BigInt(fact.quantity),
    project: fact.project,
    source: fact.source,
    simulated: fact.simulated,
    product: fact.model,
    pricing: fact.pricing,
    quality: fact.quality,
    resourceId: fact.resource.id,
    ...(fact.quoteId === undefined ? {} : { quoteId: fact.quoteId }),
    from: fact.from,
  },
  from: fact.from,
  to: fact.to,
  description: [WORDS[fact.meter] ?? fact.meter, fact.model, fact.simulated ? `${fact.source}, simulated` : fact.source]
    .filter((part) => part !== '')
    .join(', ')
    .slice(0, DESCRIPTION_MAX),
  nodeId: '',
  ...(fact.team === undefined ? {} : { team: fact.team }),
  ...(fact.user === undefined ? {} : { user: fact.user }),
  ...(fact.labels === undefined ? {} : { labels: fact.labels }),
  ...(fact.providerId === undefined ? {} : { providerId: fact.providerId }),
  ...(fact.agreed === undefined ? {} : { agreed: fact.agreed }),
});
