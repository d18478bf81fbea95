import { Injectable } from '@nestjs/common';
import { agentConsumer, agentTaskSubjects } from '@solyx/contracts';
import { NatsLink, streamNameOf } from '@solyx/eventing';
import { SolyxError } from '@solyx/kernel';
import { AckPolicy, DeliverPolicy, nanos, NatsError, type ConsumerConfig, type JetStreamManager } from 'nats';
import { AgentConsumers } from '../application/agent-consumers';

const ACK_WAIT_MS = 30_000;
const UNACKNOWLEDGED_MAX = 64;
const CONSUMER_NOT_FOUND = 10014;

export const agentConsumerConfig = (nodeId: string): Partial<ConsumerConfig> => ({
  durable_name: agentConsumer(nodeId),
  filter_subject: agentTaskSubjects(nodeId),
  // From the beginning: an agent knows what it did already, and the bus may have been made anew.
  deliver_policy: DeliverPolicy.All,
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(ACK_WAIT_MS),
  max_ack_pending: UNACKNOWLEDGED_MAX,
  max_deliver: -1,
});

/** Durable pull consumers on cmo's own stream. */
@Injectable()
export class NatsAgentConsumers extends AgentConsumers {
  private readonly stream = streamNameOf('cmo');

  constructor(private readonly link: NatsLink) {
    super();
  }

  override async ensure(nodeId: string): Promise<void> {
    await this.ask(async (manager) => {
      await manager.consumers.add(this.stream, agentConsumerConfig(nodeId));
    });
  }

  override async remove(nodeId: string): Promise<void> {
    await this.ask(async (manager) => {
      await manager.consumers.delete(this.stream, agentConsumer(nodeId));
    }, CONSUMER_NOT_FOUND);
  }

  private async ask(work: (manager: JetStreamManager) => Promise<void>, fine?: number): Promise<void> {
    try {
      const connection = await this.link.connection();
      await work(await connection.jetstreamManager({ checkAPI: false }));
    } catch (error) {
      if (fine !== undefined && error instanceof NatsError && error.api_error?.err_code === fine) return;
      throw new SolyxError(
        'Unavailable',
        `the bus did not keep the agent's consumer: ${String(error)}`,
        {},
        { cause: error },
      );
    }
  }
}
