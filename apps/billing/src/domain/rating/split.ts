/**
 * Divides an amount by weights so that the parts add up to it: each gets its share rounded down, and what is left goes,
 * unit by unit, to those whose share lost most by rounding; among equals to the first (Hamilton's method). Without any
 * weight the first gets all. Weights are not negative.
 */
export function split(amount: bigint, weights: readonly bigint[]): readonly bigint[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (whole === 0n) return weights.map((_, index) => (index === 0 ? amount : 0n));
  const sign = amount < 0n ? -1n : 1n;
  const positive = amount * sign;
  const shares = weights.map((weight, index) => ({
    index,
    part: (positive * weight) / whole,
    lost: (positive * weight) % whole,
  }));
  let left = positive - shares.reduce((sum, { part }) => sum + part, 0n);
  const parts = shares.map(({ part }) => part);
  const byLoss = [...shares].sort((a, b) => (a.lost === b.lost ? a.index - b.index : a.lost > b.lost ? -1 : 1));
  for (const { index } of byLoss) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts.map((part) => part * sign);
}
