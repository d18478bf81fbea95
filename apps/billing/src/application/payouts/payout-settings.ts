/** What this installation decided about payouts. */
export abstract class PayoutSettings {
  /** How long a customer may dispute a charge of shared GPUs, milliseconds. */
  abstract readonly disputeWindowMs: number;
}

export const DISPUTE_WINDOW_DAYS = 7;
