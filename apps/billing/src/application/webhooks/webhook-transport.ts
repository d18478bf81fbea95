export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What came of it: an answer, or why there is none. */
export interface PostOutcome {
  readonly durationMs: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** At most 16 kB of it. */
  readonly body?: string;
  /** In words, without addresses of our own network. */
  readonly error?: string;
}

/** Sends one request to where the policy allows, and nowhere else. Never rejects. Adapter: undici behind a guard. */
export abstract class WebhookTransport {
  abstract post(post: Post, signal: AbortSignal): Promise<PostOutcome>;
}
