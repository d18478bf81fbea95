/** Milliseconds before try `attempt + 1`: doubled each time up to `mostMs`, half of it by chance in [0, 1). */
export function backoffMs(attempt: number, firstMs: number, mostMs: number, chance: number): number {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(Math.max(0, attempt - 1), 20));
  return Math.round(full / 2 + (full / 2) * chance);
}
