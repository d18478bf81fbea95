import { Injectable } from '@nestjs/common';
import { Clock, derivePrefixedId, SolyxError } from '@solyx/kernel';
import {
  reasonOf,
  renewalText,
  type AgentJoinRequest,
  type AgentJoinResponse,
  type AgentRenewRequest,
  type AgentRenewResponse,
} from '@solyx/contracts';
import { Streams, Views, type CommandContext } from '@solyx/eventing';
import { joinTokenDecider } from '../domain/join-token';
import { requestDecider } from '../domain/request';
import { AgentIdentities } from './agent-identities';
import { GatewaySettings } from './gateway-settings';
import { Keys } from './keys';
import { gatewayNode } from './views';

const CLOCKS_APART_MS = 5 * 60_000;

const refused = (reason: string): SolyxError =>
  new SolyxError('PermissionDenied', reasonOf(reason).message, {}, { reason, hint: reasonOf(reason).hint });

/** Lets machines into the fleet: a one-time token makes a node, whose identity is limited to its own subjects. */
@Injectable()
export class Join {
  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly keys: Keys,
    private readonly identities: AgentIdentities,
    private readonly settings: GatewaySettings,
    private readonly clock: Clock,
  ) {}

  /** The machine that spent the token may ask again, and gets the same node. Throws PermissionDenied with the reason. */
  async join(request: AgentJoinRequest): Promise<AgentJoinResponse> {
    const parsed = this.keys.parse(request.token);
    if (parsed?.kind !== 'join') throw refused('TokenUnknown');
    const { state } = await this.streams.load(joinTokenDecider, parsed.id);
    const hash = this.keys.hash(request.token);
    if (!this.keys.matches(hash, state.hash === '' ? '0'.repeat(hash.length) : state.hash))
      throw refused('TokenUnknown');
    const { publicKey } = request;
    const nodeId = derivePrefixedId('node', parsed.id, publicKey);
    const { jwt, expiresAt } = this.identities.issue(nodeId, publicKey);
    await this.record(request, parsed.id, nodeId, state.organizationId);
    const { agentNatsUrl: natsUrl, agentNatsCa, heartbeatSeconds } = this.settings;
    const { organizationId } = state;
    const ca = agentNatsCa === undefined ? {} : { natsCa: agentNatsCa };
    return { nodeId, organizationId, natsUrl, ...ca, jwt, expiresAt, heartbeatSeconds };
  }

  private async record(
    request: AgentJoinRequest,
    tokenId: string,
    nodeId: string,
    organizationId: string,
  ): Promise<void> {
    const { publicKey, site, region, facts } = request;
    const at = this.clock.iso();
    const requestId = derivePrefixedId('req', 'join', nodeId);
    const context: CommandContext = {
      commandId: requestId,
      organizationId,
      actor: { kind: 'agent', id: nodeId, roles: [] },
      correlationId: requestId,
      causationId: requestId,
    };
    const used = await this.streams.transact(
      joinTokenDecider,
      tokenId,
      { type: 'UseJoinToken', data: { tokenId, nodeId, publicKey, at } },
      context,
    );
    if (!used.accepted) throw refused(used.reason);
    const { rack, fabric, pools, sharedMicroUsdPerHour } = request;
    const place = {
      ...{ site, region, ...(rack === undefined ? {} : { rack }), ...(fabric === undefined ? {} : { fabric }) },
      ...(pools === undefined ? {} : { pools: plain(pools) }),
      ...(sharedMicroUsdPerHour === undefined ? {} : { sharedMicroUsdPerHour }),
    };
    const data = { nodeId, organizationId, publicKey, ...place, facts: plain(facts), at };
    const asked = await this.streams.transact(requestDecider, requestId, { type: 'JoinNode', data }, context);
    if (!asked.accepted) throw refused(asked.reason);
  }

  /** A newer JWT for the same key, for a node that is still part of the fleet. */
  async renew({ jwt, at, signature }: AgentRenewRequest): Promise<AgentRenewResponse> {
    const identity = this.identities.read(jwt);
    if (!identity)
      throw new SolyxError('Unauthenticated', 'the JWT is not one of this gateway', {}, { reason: 'JwtUnknown' });
    if (Math.abs(Date.parse(at) - this.clock.now()) > CLOCKS_APART_MS) {
      throw new SolyxError(
        'InvalidArgument',
        'the proof is too old, or the clocks differ',
        { at },
        { reason: 'ProofStale' },
      );
    }
    if (!this.identities.verify(identity.publicKey, renewalText(jwt, at), signature)) {
      throw new SolyxError('Unauthenticated', 'the signature does not match', {}, { reason: 'ProofWrong' });
    }
    if (!(await this.views.get(gatewayNode, identity.nodeId))) throw refused('NodeGone');
    return this.identities.issue(identity.nodeId, identity.publicKey);
  }
}

/** Class instances of the decoder as plain data, as events hold it. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
