import type { CoveringProgram } from '../domain/packing/patterns';

export interface CoveringSolution {
  readonly objective: number;
  /** Dual price by row: what one more unit that a row needs would cost. Never below zero. */
  readonly duals: readonly number[];
}

/** Solves linear programs beside the event loop. A port, since a solver is a large program of somebody else's. */
export abstract class LinearSolver {
  /** Its name and version, for the record. */
  abstract readonly name: string;
  /** Undefined where there is no best answer. Refuses by SolyxError what is too large, and gives up when it takes too long. */
  abstract solve(program: CoveringProgram): Promise<CoveringSolution | undefined>;
}
