import { Injectable } from '@nestjs/common';
import { RerateRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { priceBookDecider } from '../domain/price-book';
import { DEFAULT_BOOK_ID, LIST_BOOK_ID } from '../domain/rating/default-book';
import { Rerating } from '../domain/rating/rerate';
import { rerateAnswer, rerateDecider, type RerateCommand } from '../domain/rerate';
import { PostedLines } from './posted-lines';
import { RateCards } from './rate-cards';

/** Answers what a past period would have cost under another book. Reads what was charged; posts nothing. */
@Injectable()
export class ReratePeriodHandler {
  constructor(
    private readonly streams: Streams,
    private readonly cards: RateCards,
    private readonly lines: PostedLines,
    private readonly clock: Clock,
  ) {}

  @OnEvent(RerateRequested)
  async answer(event: Recorded<RerateRequested>, { redelivered }: Delivery): Promise<void> {
    const { requestId, accountId } = event.data;
    const { organizationId, actor } = event.metadata;
    permit(actor, accountId === organizationId ? 'money:read' : 'prices:set');
    if (redelivered && (await this.streams.load(rerateDecider, requestId)).state) return;
    const command = await this.compute(event.data);
    await this.streams.transact(rerateDecider, requestId, command, causedBy(event, undefined, redelivered));
  }

  private async compute({
    requestId,
    accountId,
    period,
    priceBookId,
  }: RerateRequested['data']): Promise<RerateCommand> {
    if (!(await this.exists(priceBookId))) {
      return { type: 'RefuseRerate', data: { reason: 'NoPrice', details: { priceBookId } } };
    }
    const rerating = new Rerating((await this.cards.asIf(accountId, priceBookId)).at);
    const { charges, complete } = await this.lines.read(accountId, period, (line) => rerating.add(line));
    if (!complete) {
      return { type: 'RefuseRerate', data: { reason: 'LimitExceeded', details: { period, charges: String(charges) } } };
    }
    const answer = rerateAnswer(rerating.result());
    const data = { requestId, organizationId: accountId, period, priceBookId, charges, ...answer, posted: false };
    return { type: 'RecordRerate', data: { ...data, at: this.clock.iso() } };
  }

  private async exists(priceBookId: string): Promise<boolean> {
    if (priceBookId === DEFAULT_BOOK_ID || priceBookId === LIST_BOOK_ID) return true;
    return (await this.streams.load(priceBookDecider, priceBookId)).state.versions.length > 0;
  }
}
