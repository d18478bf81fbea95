import { Injectable } from '@nestjs/common';
import { onOccasion, OnTick, Streams, Views } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { jobDecider } from '../domain/job';
import { jobView, type JobRow } from './job.projection';

const CHECK_EVERY_MS = 5_000;
/** Nodes keep the limit themselves, and billing answers at once; this is for those that do not. */
const SLACK_MS = 30_000;
const JOBS_PER_PAGE = 500;
const PAGES_MAX = 40;

/** A job that its node lets run past its limit is stopped from here; one that billing lets wait too long starts. */
@Injectable()
export class StopOverdueProcess {
  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  @OnTick(CHECK_EVERY_MS)
  async stopOverdue(): Promise<void> {
    for (const phase of ['Admitted', 'Starting', 'Running'] as const) await this.stopIn(phase);
  }

  private async stopIn(phase: JobRow['phase']): Promise<void> {
    const limit = new Date(this.clock.now() - SLACK_MS).toISOString();
    let after: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = { where: { phase }, first: JOBS_PER_PAGE, ...(after === undefined ? {} : { after }) };
      const { rows, hasNext } = await this.views.list(jobView, query);
      for (const { row } of rows) if (row.stopBy !== '' && row.stopBy < limit) await this.stop(row);
      after = rows.at(-1)?.cursor;
      if (!hasNext || after === undefined) return;
    }
  }

  private async stop({ jobId, attempt, phase, correlationId }: JobRow): Promise<void> {
    const { state } = await this.streams.load(jobDecider, jobId);
    const isAdmitted = phase === 'Admitted';
    const about = `${isAdmitted ? 'start-unfunded' : 'stop-overdue'}/${jobId}/${attempt}`;
    const occasion = onOccasion('cmo', about, state.organizationId);
    const data = { jobId, attempt, at: this.clock.iso() };
    const command = { type: isAdmitted ? ('StartUnfunded' as const) : ('StopOverdueJob' as const), data };
    await this.streams.transact(jobDecider, jobId, command, { ...occasion, correlationId });
  }
}
