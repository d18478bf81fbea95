/** Where an agent reads its tasks: a durable consumer on the bus that only it may use. */
export abstract class AgentConsumers {
  /** Creates it, or leaves it as it is. */
  abstract ensure(nodeId: string): Promise<void>;
  /** Removes it; none is fine too. */
  abstract remove(nodeId: string): Promise<void>;
}
