import { Injectable } from '@nestjs/common';
import { Clock, deriveId, isPermitted, permit, type Operation as Permission } from '@solyx/kernel';
import { Streams } from '@solyx/eventing';
import { accessDecider } from '../domain/access';
import type { Operation } from './operation';

const SAME_DENIAL_MS = 60_000;

/** Asks the one table of permissions, and records each denial (once a minute, so that a flood of them stays small). */
@Injectable()
export class Gate {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  /** Throws PermissionDenied, once the denial is on record. */
  async allow(operation: Operation, permission: Permission): Promise<void> {
    const { actor, organizationId } = operation.caller;
    if (isPermitted(actor, permission)) return;
    const occasion = Math.floor(this.clock.now() / SAME_DENIAL_MS);
    await this.streams.transact(
      accessDecider,
      organizationId,
      { type: 'Deny', data: { operation: permission, actorId: actor.id } },
      {
        commandId: deriveId('denied', actor.id, permission, occasion),
        organizationId,
        actor,
        correlationId: operation.correlationId,
        causationId: operation.correlationId,
      },
    );
    permit(actor, permission);
  }
}
