import type { Streams } from '@solyx/eventing';
import { accountDecider, jobUsageOf } from '../domain/account';
import { budgetDecider, holdIdOf } from '../domain/budget';
import { walletDecider } from '../domain/wallet';

/** After this many deliveries nobody waits for a charge any longer: no hold is kept, and no job waits, for ever. */
export const PATIENCE = 6;

/**
 * Whether something that a job used is still to be charged, counted against its budgets, or drawn from its credit; where an
 * attempt is named, something that those before it used.
 */
export async function chargesMissing(
  streams: Streams,
  organizationId: string,
  jobId: string,
  before = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const account = await streams.load(accountDecider, organizationId);
  const { open, attempts, chargeIds } = jobUsageOf(account.state, jobId);
  // The attempt that it is asked for may hold its GPUs already.
  if (open > attempts.filter((attempt) => attempt >= before).length) return true;
  const budget = await streams.load(budgetDecider, organizationId);
  if (chargeIds.some((chargeId) => !budget.state.counted.has(chargeId))) return true;
  const wallet = await streams.load(walletDecider, organizationId);
  return wallet.state.holds.has(holdIdOf(jobId)) && chargeIds.some((chargeId) => !wallet.state.drawn.has(chargeId));
}
