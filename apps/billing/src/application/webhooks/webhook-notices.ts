import { Logger } from '@nestjs/common';
import { onOccasion, type Streams } from '@solyx/eventing';
import { SolyxError, type Clock } from '@solyx/kernel';
import { endpointDecider, type EndpointCommand } from '../../domain/webhooks/endpoint';
import { noticeDue } from '../../domain/webhooks/failing';
import type { BoardEntry, WebhookBoard } from './webhook-board';
import type { Sent } from './webhook-sender';

export interface NoticeParts {
  readonly streams: Streams;
  readonly clock: Clock;
  readonly board: WebhookBoard;
}

/** Records what became of an endpoint as a whole: told after 1, 3 and 5 days of failure, disabled, well again. */
export class WebhookNotices {
  private readonly logger = new Logger('WebhookNotices');
  private readonly busy = new Set<string>();

  constructor(private readonly parts: NoticeParts) {}

  /** The last result of each endpoint decides. Nothing waits for this. */
  hear(sent: readonly Sent[]): void {
    for (const last of new Map(sent.map((one) => [one.delivery.endpointId, one])).values()) {
      const entry = this.parts.board.get(last.delivery.endpointId);
      const gone = sent.find(
        ({ verdict, delivery }) => verdict === 'gone' && delivery.endpointId === entry?.endpointId,
      );
      const command = entry && this.commandFor(entry, gone ?? last);
      if (command) void this.record(entry, command);
    }
  }

  private commandFor({ endpointId, endpoint, failingSince }: BoardEntry, last: Sent): EndpointCommand | undefined {
    const at = this.parts.clock.iso();
    const { organizationId, notice } = endpoint;
    const about = { endpointId, organizationId, at };
    if (last.verdict === 'delivered') return notice ? { type: 'ReportArrival', data: about } : undefined;
    const since = failingSince ?? last.endedAt;
    const { status, error } = last.attempt;
    const failure = {
      ...about,
      failingSince: new Date(since).toISOString(),
      ...(status === undefined ? {} : { lastStatus: status }),
      ...(error === undefined ? {} : { lastError: error }),
    };
    if (last.verdict === 'gone') return { type: 'ReportGone', data: failure };
    const given = notice?.failingSince === failure.failingSince ? notice.days : 0;
    const days = noticeDue(since, this.parts.clock.now(), given);
    return days === undefined ? undefined : { type: 'ReportFailing', data: { ...failure, days } };
  }

  private async record({ endpointId, endpoint }: BoardEntry, command: EndpointCommand): Promise<void> {
    if (this.busy.has(endpointId)) return;
    this.busy.add(endpointId);
    const { data } = command;
    const days = 'days' in data ? data.days : 0;
    const since = 'failingSince' in data ? data.failingSince : '';
    // A disabled endpoint may be enabled and fail anew: the time tells the occasions apart.
    const occasion = `webhook/${endpointId}/${command.type}/${since}/${days}/${data.at}`;
    try {
      await this.parts.streams.transact(
        endpointDecider,
        endpointId,
        command,
        onOccasion('billing', occasion, endpoint.organizationId),
      );
    } catch (thrown) {
      // The next result of this endpoint brings it again.
      this.logger.warn(`${endpointId}: ${SolyxError.from(thrown).message}`);
    } finally {
      this.busy.delete(endpointId);
    }
  }
}
