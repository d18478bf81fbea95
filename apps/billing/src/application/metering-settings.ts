/** How usage is metered, from the configuration. */
export abstract class MeteringSettings {
  /** Slices of running work end at multiples of this in UTC: a divisor of an hour, or whole hours. */
  abstract readonly sliceMs: number;
  /** So long after its end a slice is charged, so that a release in it is heard before. */
  abstract readonly settleMs: number;
}
