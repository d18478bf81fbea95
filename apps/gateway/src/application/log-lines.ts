/** One line of a job's output, as the API shows it. */
export interface LogLineView {
  readonly jobId: string;
  readonly attempt: number;
  readonly rank: number;
  readonly nodeId: string;
  readonly stream: string;
  readonly text: string;
  /** Place in the stream of all output: resume after it. */
  readonly sequence: string;
  readonly at: string;
}

/** What jobs print. */
export abstract class LogLines {
  /**
   * Lines of one job in order, from the beginning or after a sequence, until the signal aborts. `ended` is asked when
   * nothing is left to read: true ends the lines. Throws ResourceExhausted for a reader that is too slow.
   */
  abstract read(options: {
    readonly organizationId: string;
    readonly jobId: string;
    readonly after?: bigint;
    readonly signal: AbortSignal;
    ended(): boolean;
  }): AsyncIterable<LogLineView>;
}
