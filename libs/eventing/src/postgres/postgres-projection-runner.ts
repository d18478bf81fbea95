import { Logger } from '@nestjs/common';
import type { ContextDefinition } from '../define-context';
import type { Projection } from '../define-projection';
import type { EventLog } from '../event-log';
import { sleep } from '../backoff';
import { ProjectionRunner } from '../ports';
import type { Database } from './database';
import type { PoisonEvent } from './fold-batch';
import { ProjectionLane, type LaneParts } from './projection-lane';
import type { ViewProgress } from './view-progress';
import { ViewFenced, type ViewRegistry } from './view-registry';

const RESTART_MS = 250;
const RETIRED_KEPT_SECONDS = 24 * 3600;
const TRIM_EVERY_MS = 60_000;

export interface RunnerParts {
  readonly log: EventLog;
  readonly database: Database;
  readonly registry: ViewRegistry;
  readonly progress: ViewProgress;
  /** How long past versions of rows are kept; for ever where this is left out. */
  readonly keepPastSeconds?: number;
}

/**
 * Folds the log into the views of one context: those that are built in one lane, those that are being rebuilt in
 * another, so that a rebuild delays nobody. Whatever fails is begun anew from the last commit.
 */
export class PostgresProjectionRunner extends ProjectionRunner {
  private readonly logger = new Logger('Projections');
  private stopping = new AbortController();
  private lanes: readonly ProjectionLane[] = [];
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly parts: RunnerParts) {
    super();
  }

  override async start(context: ContextDefinition, projections: readonly Projection[], epoch: bigint): Promise<void> {
    await this.stop();
    this.stopping = new AbortController();
    if (projections.length === 0) return;
    await new Promise<void>((resolve) => {
      this.ended = this.run(context.context, projections, epoch, resolve).finally(resolve);
    });
  }

  override async stop(): Promise<void> {
    this.stopping.abort();
    for (const lane of this.lanes) lane.stop();
    await this.ended;
    this.lanes = [];
    this.parts.progress.clear();
  }

  private async run(
    context: string,
    projections: readonly Projection[],
    epoch: bigint,
    started: () => void,
  ): Promise<void> {
    const { signal } = this.stopping;
    void this.trimNowAndThen(projections, signal);
    while (!signal.aborted) {
      try {
        this.lanes = await this.prepare(projections, epoch);
        started();
        await this.runLanes(signal);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (error instanceof ViewFenced && (await this.isSuperseded(projections, epoch))) {
          this.logger.warn(`${context}: another process folds the views now (${why})`);
          return;
        }
        this.logger.warn(`${context}: folding begins anew: ${why}`);
        await sleep(RESTART_MS, signal);
      }
    }
  }

  private async prepare(projections: readonly Projection[], epoch: bigint): Promise<readonly ProjectionLane[]> {
    const { registry, progress } = this.parts;
    // A crash of PostgreSQL may have gone back a few steps; what is remembered here would promise too much.
    progress.clear();
    const dropped = await registry.dropRetired(RETIRED_KEPT_SECONDS);
    if (dropped.length > 0) this.logger.log(`dropped ${dropped.join(', ')}`);
    const built = this.newLane(epoch);
    const rebuilt = this.newLane(epoch);
    for (const projection of projections) {
      await registry.ensure(projection);
      await registry.claim(projection, epoch);
      const state = await registry.state(projection);
      if (!state.built)
        this.logger.log(`${projection.name}: version ${projection.version} is built beside the old one`);
      await (state.built ? built : rebuilt).add(projection, state);
    }
    return [built, rebuilt];
  }

  private newLane(epoch: bigint): ProjectionLane {
    const { log, database, registry, progress } = this.parts;
    const parts: LaneParts = {
      ...{ log, database, registry, progress, epoch },
      onPoison: (projection, error) => this.tellPoison(projection, error),
      onBuilt: async (projection) => {
        await registry.switchTo(projection);
        this.logger.log(`${projection.name}: readers use version ${projection.version}`);
      },
    };
    return new ProjectionLane(parts);
  }

  /** Until all were told to stop; where one fails, the others stop too and the failure is thrown. */
  private async runLanes(signal: AbortSignal): Promise<void> {
    const { lanes } = this;
    if (signal.aborted) return;
    const failures: unknown[] = [];
    await Promise.all(
      lanes.map((lane) =>
        lane.run().catch((error: unknown) => {
          failures.push(error);
          for (const other of lanes) other.stop();
        }),
      ),
    );
    if (failures.length > 0) throw failures[0];
  }

  private tellPoison(projection: Projection, error: PoisonEvent): void {
    this.logger.error(`${error.message}; the view stands still until its code is corrected`, error.stack);
    void this.parts.registry.markFault(projection, error.message).catch(() => undefined);
  }

  private async isSuperseded(projections: readonly Projection[], epoch: bigint): Promise<boolean> {
    try {
      const states = await Promise.all(projections.map((projection) => this.parts.registry.state(projection)));
      return states.some((state) => state.epoch > epoch);
    } catch {
      return false;
    }
  }

  private async trimNowAndThen(projections: readonly Projection[], signal: AbortSignal): Promise<void> {
    const { keepPastSeconds, registry } = this.parts;
    if (keepPastSeconds === undefined) return;
    while (await sleep(TRIM_EVERY_MS, signal)) {
      for (const projection of projections) {
        await registry.trim(projection, keepPastSeconds).catch((error: unknown) => {
          this.logger.warn(`${projection.name}: past versions stay for now: ${String(error)}`);
        });
      }
    }
  }
}
