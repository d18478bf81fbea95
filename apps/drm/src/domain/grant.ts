import type { Allocation, AllocationShare, Candidate } from '@solyx/contracts';
import { AllocationGranted } from '@solyx/contracts/drm';
import { derivePrefixedId } from '@solyx/kernel';
import type { Ask } from './ask';
import { grantSentence } from './explain';
import { lacking } from './filter';
import type { PartitionState } from './partition-state';
import { holdingOf } from './pool';
import type { Found, Pick } from './place';
import { passedOver } from './passed-over';
import { policyOf } from './policy';
import { TIER_STEP } from './score';
import type { Fleet, ShapeView } from './shape-view';
import { isTold, topologyValue, type Domain } from './topology';
import { transfersTo } from './transfers';

export const CANDIDATES_MAX = 12;
const REJECTED_MAX = 4;

function shareOf(fleet: Fleet, pick: Pick, ask: Ask, rank: number): AllocationShare {
  const { node, suited } = pick;
  const { nodeId, site, source, provider, simulated, executor } = node.terms;
  const places = fleet.gpusOn(pick, node, ask);
  return {
    nodeId,
    rank,
    site,
    source,
    provider,
    simulated,
    executor,
    gpuModel: suited.gpuModel,
    gpuIndexes: places.map((place) => node.facts.gpus[place]?.index ?? 0),
    gpuMilli: ask.gpuMilliTotal,
    cpuMilli: ask.cpuMilli,
    memoryMiB: ask.memoryMiB,
    ...(ask.isPlain ? {} : holdingOf(node, ask, places)),
    priceMicroUsdPerHour: String(suited.price.perHour),
  };
}

const candidateOf = (fleet: Fleet, pick: Pick, ask: Ask, verdict: Candidate['verdict']): Candidate => ({
  nodeId: pick.node.terms.nodeId,
  source: pick.node.terms.source,
  simulated: pick.node.terms.simulated,
  score: pick.score,
  terms: fleet.termsOf(pick, pick.node, ask),
  priceMicroUsdPerHour: String(pick.suited.price.perHour),
  verdict,
});

/** How close together a gang lies is an opinion too, wherever anybody said what is close to what, or asked for it. */
function withTopology(candidate: Candidate, { request }: Ask, domain: Domain | undefined): Candidate {
  if (!domain || !isTold(request, domain)) return candidate;
  const value = topologyValue(domain);
  return { ...candidate, score: candidate.score + value, terms: [...candidate.terms, { term: 'topology', value }] };
}

const tierOf = (fixed: number): number => Math.ceil(fixed / TIER_STEP);

/** The best tier among the nodes of a view: most grants are of it, and need not look at every node to know. */
const TOPS = new WeakMap<ShapeView, number>();

function topTier(view: ShapeView): number {
  const known = TOPS.get(view);
  if (known !== undefined) return known;
  const top = view.eligible.reduce((most, { fixed }) => Math.max(most, tierOf(fixed)), Number.MIN_SAFE_INTEGER);
  TOPS.set(view, top);
  return top;
}

/** Nodes of a preferred source that would have served, had they been free: why the chosen one is of another. */
function rejected(fleet: Fleet, view: ShapeView, chosen: Pick, most: number): readonly Candidate[] {
  const candidates: Candidate[] = [];
  if (topTier(view) <= tierOf(chosen.fixed)) return candidates;
  for (const { at, suited, fixed } of view.eligible) {
    const node = fleet.nodes[at];
    if (candidates.length >= most) break;
    if (!node || tierOf(fixed) <= tierOf(chosen.fixed)) continue;
    const reason = lacking(node, view.ask, suited.places) ?? 'BehindInQueue';
    const { nodeId, source, simulated } = node.terms;
    const priceMicroUsdPerHour = String(suited.price.perHour);
    const terms = fleet.termsOf({ at, suited }, node, view.ask);
    candidates.push({
      nodeId,
      source,
      simulated,
      score: fixed,
      terms,
      priceMicroUsdPerHour,
      verdict: 'rejected',
      reason,
    });
  }
  return candidates;
}

export function candidatesOf(
  { nodes }: PartitionState,
  fleet: Fleet,
  view: ShapeView,
  found: Found,
): readonly Candidate[] {
  const { ask } = view;
  const chosen = found.picks.map((pick) => withTopology(candidateOf(fleet, pick, ask, 'chosen'), ask, found.domain));
  const [first] = found.picks;
  // Where costs decide between sources, an owned node that is passed over has a reason, wherever it is listed.
  const passed =
    first?.suited.cost === undefined ? undefined : passedOver(fleet, view, found, { nodes, most: REJECTED_MAX });
  const others = passed ? [...passed.values()] : first ? rejected(fleet, view, first, REJECTED_MAX) : [];
  const runnersUp = found.runnersUp
    .filter(({ nodeId }) => passed?.has(nodeId) !== true)
    .map((pick) => candidateOf(fleet, pick, ask, 'runner-up'));
  return [...chosen.slice(0, CANDIDATES_MAX - others.length), ...others, ...runnersUp].slice(0, CANDIDATES_MAX);
}

/** The decision that a workload holds what was found for it, with everything that explains it. */
export function grantOf(
  state: PartitionState,
  fleet: Fleet,
  view: ShapeView,
  decided: { readonly found: Found; readonly ask: Ask; readonly at: string },
): AllocationGranted {
  const { found, ask, at } = decided;
  const { workloadId, attempt, organizationId, project, data } = ask.request;
  const shares = found.picks.map((pick, rank) => shareOf(fleet, pick, ask, rank));
  const sites = shares.map(({ site }) => site);
  const transfers = transfersTo(state, data, sites);
  const perHour = shares.reduce((sum, { priceMicroUsdPerHour }) => sum + BigInt(priceMicroUsdPerHour), 0n);
  const allocation: Allocation = {
    allocationId: derivePrefixedId('alloc', workloadId, attempt),
    workloadId,
    attempt,
    organizationId,
    project,
    shares,
    transfers,
    priceMicroUsdPerHour: String(perHour),
    grantedAt: at,
  };
  const candidates = candidatesOf(state, fleet, view, found);
  return AllocationGranted({
    allocation,
    policy: policyOf(state.policy).id,
    candidates,
    sentence: grantSentence(ask, found, perHour, transfers),
    at,
  });
}
