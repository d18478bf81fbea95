import { deriveId, type Actor, type Clock, type DomainEvent, type Recorded } from '@solyx/kernel';

/** Where a command comes from: all that its events will carry, and the id that makes a repeat the same command. */
export interface CommandContext {
  /** The same id is the same command: its events get ids derived from it. */
  readonly commandId: string;
  readonly organizationId: string;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId: string;
  readonly traceparent?: string;
  /**
   * The command may have been tried before: what was recorded then is looked up before deciding again. `perhaps`: nobody
   * knows; only a refusal is looked up, and the decider recognises what it accepted. That costs one read of one event.
   */
  readonly redelivered?: boolean | 'perhaps';
  /** For a batch: whose event this is, where its tenant, actor or cause is another than the command's own. */
  readonly contextOf?: (event: DomainEvent) => CommandContext | undefined;
}

/** A command that an event caused: same tenant, correlation and trace; the event is the cause. */
export function causedBy(event: Recorded, actor?: Actor, redelivered: boolean | 'perhaps' = false): CommandContext {
  const { metadata } = event;
  return {
    commandId: event.id,
    organizationId: metadata.organizationId,
    actor: actor ?? metadata.actor,
    correlationId: metadata.$correlationId,
    causationId: event.id,
    ...(metadata.traceparent === undefined ? {} : { traceparent: metadata.traceparent }),
    ...(redelivered === false ? {} : { redelivered }),
  };
}

export const serviceActor = (service: string): Actor => ({ kind: 'service', id: service, roles: [] });

/** A command that nothing but time caused. `key` names the occasion, so that a repeated tick is the same command. */
export function onOccasion(service: string, key: string, organizationId = 'platform'): CommandContext {
  const commandId = deriveId(service, key);
  return { commandId, organizationId, actor: serviceActor(service), correlationId: commandId, causationId: commandId };
}

/** Times that a decision needs are taken here, once, and put into the command's data. */
export const stamp = (clock: Clock): { readonly at: string } => ({ at: clock.iso() });
