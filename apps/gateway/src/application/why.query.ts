import { Injectable } from '@nestjs/common';
import { SolyxError } from '@solyx/kernel';
import { reasonOf, type Candidate, type Transfer } from '@solyx/contracts';
import type { AtInput } from '../domain/instant';
import { sentenceOf } from '../domain/sentence';
import { Gate } from './gate';
import type { Operation } from './operation';
import { TenantViews } from './tenant-views';
import { gatewayExplanation, gatewayJob, gatewayRoute, gatewayStep, LATEST } from './views';

const STEPS_MAX = 200;

export interface Explanation {
  readonly subject: string;
  readonly sentence: string;
  readonly phase: string | null;
  readonly policy: string | null;
  readonly candidates: readonly (Omit<Candidate, 'reason'> & { readonly reason: string | null })[];
  readonly waiting: readonly WaitView[];
  readonly ahead: number | null;
  readonly transfers: readonly Transfer[];
  readonly path: readonly {
    readonly position: string;
    readonly type: string;
    readonly stream: string;
    readonly at: string;
    readonly actor: string;
    readonly summary: string;
  }[];
}

export interface WaitView {
  readonly reason: string;
  readonly count: number;
  readonly message: string;
  readonly hint: string;
}

export const toWait = ({ reason, count }: { readonly reason: string; readonly count: number }): WaitView => ({
  reason,
  count,
  message: reasonOf(reason).message,
  hint: reasonOf(reason).hint,
});

export const toCandidate = (candidate: Candidate): Explanation['candidates'][number] => ({
  ...candidate,
  reason: candidate.reason ?? null,
});

@Injectable()
export class WhyQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
  ) {}

  /** Why a job is where it is, or not yet. */
  async job(operation: Operation, jobId: string, at?: AtInput | null): Promise<Explanation> {
    await this.gate.allow(operation, 'jobs:read');
    const job = await (at
      ? this.views.own(operation, gatewayJob, jobId, at)
      : this.views.ownNow(operation, gatewayJob, jobId));
    if (!job) throw new SolyxError('NotFound', `there is no job ${jobId.slice(0, 64)}`, {}, { reason: 'JobUnknown' });
    const [said, steps] = await Promise.all([
      this.views.own(operation, gatewayExplanation, jobId, at),
      this.views.ofJob(operation, gatewayStep, job, { first: STEPS_MAX, at }),
    ]);
    const waiting = job.phase === 'Queued' || job.phase === 'Evicted' ? said : undefined;
    const { policy, candidates, transfers } = said ?? gatewayExplanation.initial;
    return {
      subject: jobId,
      sentence: sentenceOf(job, said?.sentence),
      phase: job.phase,
      policy,
      candidates: candidates.map(toCandidate),
      waiting: (waiting?.waiting ?? []).map(toWait),
      ahead: waiting?.ahead ?? null,
      transfers,
      path: steps.map(({ position, type, stream, at: time, actor, summary }) => ({
        ...{ position, type, stream, actor, summary },
        at: time,
      })),
    };
  }

  async route(operation: Operation, fromSite: string, toSite: string, at?: AtInput | null) {
    await this.gate.allow(operation, 'plan:read');
    const table = await this.views.shared(operation, gatewayRoute, LATEST, at);
    const route = table?.routes.find((one) => one.fromSite === fromSite && one.toSite === toSite);
    if (!table || !route) {
      const details = { fromSite: fromSite.slice(0, 64), toSite: toSite.slice(0, 64) };
      throw new SolyxError('NotFound', `no path connects ${details.fromSite} and ${details.toSite}`, details, {
        reason: 'NoRoute',
        hint: reasonOf('NoRoute').hint,
      });
    }
    const price = BigInt(route.egressMicroUsdPerGiB);
    const others = route.alternatives.length;
    const sentence =
      `${route.path.join(' → ')} is the cheapest path: ${price === 0n ? 'free' : `${price} micro-USD per GiB`}, ` +
      `${route.latencyUs} µs, ${route.bandwidthMbps} Mbit/s; ${others} other${others === 1 ? '' : 's'} considered.`;
    return { ...route, tableVersion: table.version, sentence };
  }
}
