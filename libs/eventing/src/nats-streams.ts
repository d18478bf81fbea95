import { AckPolicy, DeliverPolicy, DiscardPolicy, nanos, ReplayPolicy, RetentionPolicy, StorageType } from 'nats';
import type { ConsumerConfig, StreamConfig } from 'nats';
import { MESSAGE_BYTES_MAX } from './bus-message';
import type { ContextName } from './define-context';
import { ACK_WAIT_MS, streamNameOf, UNACKNOWLEDGED_MAX } from './event-bus';

const HOUR_MS = 3_600_000;
/** The bus is a cache of the log: what it forgets, consumers read from the log. */
const KEPT_MS = 7 * 24 * HOUR_MS;
const KEPT_BYTES = 512 * 1024 * 1024;
const REPEATS_KNOWN_MS = HOUR_MS;

/** The stream of a context as it shall be; nats-server 2.9 knows every setting. */
export const streamConfigOf = (context: ContextName): Partial<StreamConfig> & { readonly name: string } => ({
  name: streamNameOf(context),
  subjects: [`solyx.${context}.>`],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: nanos(KEPT_MS),
  max_bytes: KEPT_BYTES,
  max_msg_size: MESSAGE_BYTES_MAX,
  duplicate_window: nanos(REPEATS_KNOWN_MS),
  allow_direct: true,
});

/** Delivered until acknowledged: giving up is the parking lot's business, never the bus's. */
export const consumerConfigOf = (name: string, from: number): Partial<ConsumerConfig> => ({
  durable_name: name,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.StartSequence,
  opt_start_seq: from,
  replay_policy: ReplayPolicy.Instant,
  ack_wait: nanos(ACK_WAIT_MS),
  max_ack_pending: UNACKNOWLEDGED_MAX,
  max_deliver: -1,
});

/** Where answers to this service go; no other service can read them. */
export const inboxPrefixOf = (context: ContextName): string => `_INBOX_${context}`;
