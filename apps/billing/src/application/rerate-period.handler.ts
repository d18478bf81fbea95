import { Injectable } from '@nestjs/common';
import { RerateRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type Delivery } from '@solyx/eventing';
import { Clock, SolyxError, type Recorded } from '@solyx/kernel';
import { accountDecider } from '../domain/account';
import { priceBookDecider } from '../domain/price-book';
import { DEFAULT_BOOK_ID, LIST_BOOK_ID } from '../domain/rating/default-book';
import { differenceOf, Rerating, type Rerated } from '../domain/rating/rerate';
import { rerateAnswer, rerateDecider, type RerateCommand, type RerateRefusal } from '../domain/rerate';
import { PostedLines } from './posted-lines';
import { RateCards } from './rate-cards';

type Answer =
  | { readonly refused: RerateCommand }
  | { readonly refused?: never; readonly charges: number; readonly result: Rerated };

const refused = (reason: RerateRefusal, details: Readonly<Record<string, string>>): Answer => ({
  refused: { type: 'RefuseRerate', data: { reason, details } },
});

/** Answers what a past period would have cost under another book; where asked to, posts the difference as correction. */
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
    const { requestId, accountId, post = false } = event.data;
    const { organizationId, actor } = event.metadata;
    permit(actor, post ? 'invoices:correct' : accountId === organizationId ? 'money:read' : 'prices:set');
    if (redelivered && (await this.streams.load(rerateDecider, requestId)).state) return;
    const rerated = await this.rerate(event.data);
    const command = rerated.refused ?? this.recordOf(event.data, rerated);
    if (post && !rerated.refused && !(await this.correct(event, rerated.result))) return;
    await this.streams.transact(rerateDecider, requestId, command, causedBy(event, undefined, redelivered));
  }

  private async rerate({ accountId, period, priceBookId }: RerateRequested['data']): Promise<Answer> {
    if (!(await this.exists(priceBookId))) return refused('NoPrice', { priceBookId });
    const rerating = new Rerating((await this.cards.asIf(accountId, priceBookId)).at);
    const { charges, complete } = await this.lines.read(accountId, period, (line) => rerating.add(line));
    if (!complete) return refused('LimitExceeded', { period, charges: String(charges) });
    return { charges, result: rerating.result() };
  }

  private recordOf(
    { requestId, accountId, period, priceBookId, post = false }: RerateRequested['data'],
    { charges, result }: Extract<Answer, { result: Rerated }>,
  ): RerateCommand {
    const asked = { requestId, organizationId: accountId, period, priceBookId };
    const answer = { ...asked, charges, ...rerateAnswer(result), posted: post, at: this.clock.iso() };
    return { type: 'RecordRerate', data: answer };
  }

  /**
   * Posted once: what is charged twice would not be what the account has, and a repeat finds no difference any more. False
   * where it was refused for good, which is recorded.
   */
  private async correct(event: Recorded<RerateRequested>, result: Rerated): Promise<boolean> {
    const { accountId, period, requestId } = event.data;
    const lines = differenceOf(result);
    if (lines.length === 0) return true;
    const evidence = { eventId: event.id, position: event.position.toString(), at: this.clock.iso() };
    const command = {
      type: 'CorrectPeriod',
      data: { organizationId: accountId, period, requestId, lines, ...evidence },
    } as const;
    const { state } = await this.streams.load(accountDecider, accountId);
    const decision = accountDecider.decide(command, state);
    if (!decision.accepted && decision.reason === 'RerateStale') {
      throw new SolyxError('Unavailable', `${period} moved while it was rated again`, decision.details);
    }
    const context = { ...causedBy(event), organizationId: accountId };
    return (await this.streams.transact(accountDecider, accountId, command, context)).accepted;
  }

  private async exists(priceBookId: string): Promise<boolean> {
    if (priceBookId === DEFAULT_BOOK_ID || priceBookId === LIST_BOOK_ID) return true;
    return (await this.streams.load(priceBookDecider, priceBookId)).state.versions.length > 0;
  }
}
