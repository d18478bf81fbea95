/** What the agent needs of the bus. */
export interface Bus {
  /** Asks and waits for the answer; rejects where none comes in time. */
  request(subject: string, body: unknown, timeoutMs: number): Promise<unknown>;
  /** Said once; lost while the bus is away. */
  publish(subject: string, body: unknown): void;
  /** Resolves once it is stored. The same id is the same message. */
  store(subject: string, body: unknown, id: string): Promise<void>;
}
