import type { DisputeOutcome } from '@solyx/contracts';
import { ProviderDisputed, ProviderDisputeResolved } from '@solyx/contracts/billing';
import { accept, divideHalfEven, refuse, type Decision } from '@solyx/kernel';
import { doubleEntry } from './entry';
import type { ProviderRefusal } from './provider';
import { earningIdOf, type Provider, type ProviderEvent } from './provider-state';

export interface OpenDispute {
  readonly disputeId: string;
  readonly providerId: string;
  readonly chargeId: string;
  /** The customer who disputes. */
  readonly organizationId: string;
  readonly reason: string;
  readonly at: string;
}

export interface ResolveDispute {
  readonly disputeId: string;
  readonly providerId: string;
  readonly outcome: DisputeOutcome;
  /** Of what the customer paid; absent: all of it. */
  readonly refundMicroUsd?: string;
  readonly at: string;
}

type Decided = Decision<ProviderEvent, ProviderRefusal>;

export function openDispute(data: OpenDispute, { earnings, disputes }: Provider): Decided {
  const { disputeId, providerId, chargeId, organizationId, reason, at } = data;
  if (disputes.has(disputeId)) return accept();
  const earningId = [false, true]
    .map((simulated) => earningIdOf(chargeId, providerId, simulated))
    .find((id) => earnings.get(id)?.organizationId === organizationId);
  const earning = earningId === undefined ? undefined : earnings.get(earningId);
  if (earningId === undefined || !earning || BigInt(earning.net) <= 0n) return refuse('EarningUnknown', { chargeId });
  if (earning.disputeId !== undefined) return refuse('EarningDisputed', { chargeId });
  if (earning.reserveUntil <= at) return refuse('DisputeWindowClosed', { chargeId, until: earning.reserveUntil });
  return accept(
    ProviderDisputed({
      disputeId,
      providerId,
      earningId,
      chargeId,
      organizationId,
      simulated: earning.simulated,
      amountMicroUsd: earning.net,
      reason,
      at,
    }),
  );
}

/** What the owner and the platform lose, in proportion to what they had of it; together exactly the refund. */
function partsOf(refund: bigint, gross: bigint, net: bigint): { readonly net: bigint; readonly fee: bigint } {
  const part = divideHalfEven(refund * net, gross);
  return { net: part, fee: refund - part };
}

export function resolveDispute(data: ResolveDispute, { disputes, earnings }: Provider): Decided {
  const { disputeId, providerId, outcome, at } = data;
  const dispute = disputes.get(disputeId);
  const earning = dispute && earnings.get(dispute.earningId);
  if (!earning) return refuse('DisputeUnknown', { disputeId });
  if (dispute.outcome !== undefined) {
    return dispute.outcome === outcome ? accept() : refuse('DisputeResolved', { disputeId, outcome: dispute.outcome });
  }
  const [gross, net] = [BigInt(earning.gross), BigInt(earning.net)];
  const refund = outcome === 'rejected' ? 0n : BigInt(data.refundMicroUsd ?? earning.gross);
  if (refund < 0n || refund > gross) return refuse('RefundTooLarge', { disputeId, paidMicroUsd: earning.gross });
  const lost = partsOf(refund, gross, net);
  const { simulated, organizationId } = earning;
  return accept(
    ProviderDisputeResolved({
      disputeId,
      providerId,
      earningId: dispute.earningId,
      chargeId: dispute.chargeId,
      organizationId,
      simulated,
      outcome,
      heldMicroUsd: earning.net,
      refundMicroUsd: refund.toString(),
      netMicroUsd: lost.net.toString(),
      feeMicroUsd: lost.fee.toString(),
      // The customer is given a credit for it, which is booked as a gift; this pays for that gift.
      postings: doubleEntry(
        simulated,
        [`provider-reserve:${providerId}`, lost.net],
        ['platform-fee', lost.fee],
        ['promotion', -refund],
      ),
      at,
    }),
  );
}
