/** Money of an owner, micro-USD: real, or that of rehearsals. */
export interface Purse {
  /** Net, by the instant (a full hour, ISO 8601 UTC) from which on it may be paid out. */
  readonly reserve: ReadonlyMap<string, bigint>;
  /** Held by open disputes. */
  readonly disputed: bigint;
  /** May be paid out. Below zero where a correction took back what was paid out already. */
  readonly available: bigint;
  /** Set apart for payouts that have not ended. */
  readonly inPayout: bigint;
  /** Left by payouts, withdrawal fees with it. */
  readonly paid: bigint;
  /** Lost by disputes. */
  readonly forfeited: bigint;
  /** Net of all that was earned, corrections with it. */
  readonly earned: bigint;
}

export const EMPTY_PURSE: Purse = {
  reserve: new Map(),
  disputed: 0n,
  available: 0n,
  inPayout: 0n,
  paid: 0n,
  forfeited: 0n,
  earned: 0n,
};

const sum = (amounts: Iterable<bigint>): bigint => {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
};

export const reservedOf = (purse: Purse): bigint => sum(purse.reserve.values());

/** Of the reserve, what no longer has to wait. */
export const dueOf = (purse: Purse, at: string): bigint =>
  sum([...purse.reserve].filter(([until]) => until <= at).map(([, amount]) => amount));

/** Changes one hour of the reserve; an hour with nothing in it is forgotten. */
export function moveReserve(purse: Purse, until: string, amount: bigint): Purse {
  const reserve = new Map(purse.reserve);
  const left = (reserve.get(until) ?? 0n) + amount;
  if (left === 0n) reserve.delete(until);
  else reserve.set(until, left);
  return { ...purse, reserve };
}

/** What waited until here becomes available. */
export function releaseDue(purse: Purse, until: string, amount: bigint): Purse {
  const reserve = new Map([...purse.reserve].filter(([hour]) => hour > until));
  return { ...purse, reserve, available: purse.available + amount };
}

/** Every micro-USD that was earned is in exactly one place; 0 always. */
export const imbalanceOf = (purse: Purse): bigint =>
  purse.earned - (reservedOf(purse) + purse.disputed + purse.available + purse.inPayout + purse.paid + purse.forfeited);

export interface PurseJson {
  readonly reserve: readonly (readonly [string, string])[];
  readonly disputed: string;
  readonly available: string;
  readonly inPayout: string;
  readonly paid: string;
  readonly forfeited: string;
  readonly earned: string;
}

export const purseToJson = (purse: Purse): PurseJson => ({
  reserve: [...purse.reserve].map(([hour, amount]) => [hour, amount.toString()]),
  disputed: purse.disputed.toString(),
  available: purse.available.toString(),
  inPayout: purse.inPayout.toString(),
  paid: purse.paid.toString(),
  forfeited: purse.forfeited.toString(),
  earned: purse.earned.toString(),
});

export const purseFromJson = (json: PurseJson): Purse => ({
  reserve: new Map(json.reserve.map(([hour, amount]) => [hour, BigInt(amount)])),
  disputed: BigInt(json.disputed),
  available: BigInt(json.available),
  inPayout: BigInt(json.inPayout),
  paid: BigInt(json.paid),
  forfeited: BigInt(json.forfeited),
  earned: BigInt(json.earned),
});
