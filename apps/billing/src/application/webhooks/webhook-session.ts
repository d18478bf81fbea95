import type { EventLog, Streams } from '@solyx/eventing';
import type { Clock, Random } from '@solyx/kernel';
import { WebhookBoard } from './webhook-board';
import { WebhookDispatcher } from './webhook-dispatcher';
import { WebhookFeed } from './webhook-feed';
import { WebhookNotices } from './webhook-notices';
import type { WebhookSecrets } from './webhook-secrets';
import { WebhookSender } from './webhook-sender';
import type { WebhookStore } from './webhook-store';
import type { WebhookTransport } from './webhook-transport';

export interface SessionParts {
  readonly log: EventLog;
  readonly streams: Streams;
  readonly store: WebhookStore;
  readonly secrets: WebhookSecrets;
  readonly transport: WebhookTransport;
  readonly clock: Clock;
  readonly random: Random;
}

/** Deliveries are shown for so long. */
const KEPT_MS = 30 * 86_400_000;
const FORGOTTEN_AT_ONCE_MAX = 2_000;

/** Feed and dispatcher of one term of leadership. */
export class WebhookSession {
  private writing: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly parts: SessionParts,
    private readonly epoch: bigint,
    private readonly board: WebhookBoard,
    private readonly feed: WebhookFeed,
    private readonly dispatcher: WebhookDispatcher,
  ) {}

  /** Takes over from whoever delivered before, and begins. */
  static async begin(parts: SessionParts, epoch: bigint): Promise<WebhookSession> {
    const { store, clock, random } = parts;
    const board = new WebhookBoard(await store.begin(epoch));
    const notices = new WebhookNotices({ ...parts, board });
    const inTurn = <T>(write: () => Promise<T>): Promise<T> => session.inTurn(write);
    const dispatcher = new WebhookDispatcher({
      ...{ store, clock, random, board, epoch, inTurn },
      sender: new WebhookSender(parts),
      onSettled: (sent) => notices.hear(sent),
    });
    const onChange = (endpointIds: Iterable<string>): void => dispatcher.touch(endpointIds);
    const feed = new WebhookFeed({ ...parts, board, epoch, inTurn, onChange });
    const session = new WebhookSession(parts, epoch, board, feed, dispatcher);
    await feed.start();
    dispatcher.start();
    return session;
  }

  async stop(): Promise<void> {
    await this.feed.stop();
    await this.dispatcher.stop();
  }

  /** How much waits, for how many endpoints; how far the log was read. */
  figures(): Readonly<Record<string, number>> {
    return { ...this.board.figures(), position: Number(this.board.position) };
  }

  /** Forgets some of what is older than thirty days; answers how many. */
  forget(): Promise<number> {
    const { store, clock } = this.parts;
    const before = new Date(clock.now() - KEPT_MS).toISOString();
    return this.inTurn(() => store.forget(before, FORGOTTEN_AT_ONCE_MAX, this.epoch));
  }

  private inTurn<T>(write: () => Promise<T>): Promise<T> {
    const mine = this.writing.then(write, write);
    this.writing = mine.catch(() => undefined);
    return mine;
  }
}
