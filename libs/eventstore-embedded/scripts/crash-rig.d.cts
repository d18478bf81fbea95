export interface CrashReport {
  readonly seed: number;
  readonly kills: { readonly store: number; readonly postgres: number };
  /** Events whose writers were told that they are durable. */
  readonly acknowledged: number;
  readonly races: number;
  readonly retries: number;
  /** Times that the store ended by itself, because a commit's outcome was unknown. */
  readonly endedByItself: number;
  readonly faults: readonly string[];
}
export function crashLoop(options: {
  readonly cycles: number;
  readonly seed?: number;
  readonly postgresKillEvery?: number;
  readonly loadMs?: number;
  readonly say?: (line: string) => void;
}): Promise<CrashReport>;
