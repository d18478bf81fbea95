/** What the log itself says of grants, releases and charges: the one witness that nobody can talk round. */
const PAGE = 100;
const PAGES_MAX = 2_000;
const EVENTS = `query($after: Position, $types: [String!]) { events(first: ${PAGE}, after: $after, types: $types) {
  pageInfo { hasNextPage } edges { node { position type at data } } } }`;
const TYPES = ['drm.partition.allocation-', 'billing.account.charge-posted'];

/** All events of some types, in log order. */
export async function eventsOf(plane, types) {
  const found = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { events } = await plane.request(EVENTS, { after: found.at(-1)?.position ?? null, types });
    found.push(...events.edges.map(({ node }) => node));
    if (!events.pageInfo.hasNextPage) return found;
  }
  throw new Error('the log is longer than it can be read here');
}

/** Grants, releases and charges by allocation. Settled: nothing is held, and what was held is charged. */
export async function historyOf(plane) {
  const allocations = new Map();
  for (const { type, data } of await eventsOf(plane, TYPES)) {
    const id = data.allocation?.allocationId ?? data.allocationId;
    if (id === undefined) continue; // A charge for something else than an allocation.
    const entry = allocations.get(id) ?? { grants: [], releases: [], charges: [] };
    if (type === 'drm.partition.allocation-granted') entry.grants.push(data.allocation);
    if (type === 'drm.partition.allocation-released') entry.releases.push(data);
    if (type === 'billing.account.charge-posted') entry.charges.push(data);
    allocations.set(id, entry);
  }
  const isSettled = [...allocations.values()].every(
    ({ releases, charges }) => releases.length > 0 && charges.some(({ final }) => final),
  );
  return { allocations, isSettled };
}

const AMOUNT_OF = { gpu: 'gpuMilli', cpu: 'cpuMilli', memory: 'memoryMiB' };

/** Do the charges of an allocation, slice by slice, count exactly what it held, from its grant to its release? */
function faultsOf(id, { grants, releases, charges }) {
  const finals = charges.filter(({ final }) => final).length;
  if (grants.length !== 1 || releases.length !== 1 || finals !== 1) {
    return [`${id}: granted ${grants.length}, released ${releases.length}, charged to its end ${finals} times`];
  }
  const [[grant], [release]] = [grants, releases];
  const held = BigInt(Math.max(0, Date.parse(release.at) - Date.parse(grant.grantedAt)));
  const counted = { gpu: 0n, cpu: 0n, memory: 0n };
  const faults = [];
  if (new Set(charges.map(({ chargeId }) => chargeId)).size !== charges.length) faults.push(`${id}: charged twice`);
  for (const charge of charges) {
    for (const line of charge.lines) {
      if (line.kind in counted) counted[line.kind] += BigInt(line.quantity); // A transfer is no interval.
    }
    const sum = charge.lines.reduce((total, { amountMicroUsd }) => total + BigInt(amountMicroUsd), 0n);
    if (sum !== BigInt(charge.totalMicroUsd))
      faults.push(`${id}: the lines are ${sum}, the charge ${charge.totalMicroUsd}`);
    const balance = charge.postings.reduce((total, { amountMicroUsd }) => total + BigInt(amountMicroUsd), 0n);
    if (balance !== 0n) faults.push(`${id}: the postings do not balance: ${balance}`);
  }
  for (const [kind, amount] of Object.entries(AMOUNT_OF)) {
    const due = grant.shares.reduce((sum, share) => sum + BigInt(share[amount]) * held, 0n);
    if (due !== counted[kind]) faults.push(`${id}: ${kind} counts ${counted[kind]}, held ${due}`);
  }
  return faults;
}

/** How many charges there are, and every one that is not what it should be. */
export function chargesOf({ allocations }) {
  const entries = [...allocations];
  return {
    posted: entries.reduce((sum, [, { charges }]) => sum + charges.length, 0),
    faults: entries.flatMap(([id, entry]) => faultsOf(id, entry)),
  };
}
