import { Injectable } from '@nestjs/common';
import { CREDIT_PRIORITY_USUAL, type EventReference, type OutageEvent } from '@solyx/contracts';
import { CreditRequested, SlaCreditRequested, TopUpRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type CommandContext, type Delivery } from '@solyx/eventing';
import { Clock, derivePrefixedId, isPermitted, type Recorded } from '@solyx/kernel';
import { walletDecider, type WalletCommand } from '../domain/wallet';

interface Request {
  readonly requestId: string;
  readonly organizationId: string;
}

/** A request is one credit, however often it is heard. */
const grantIdOf = ({ requestId }: Request): string => derivePrefixedId('crd', requestId);

/** Puts money and credit into wallets: paid in advance, given, or made up for an outage. */
@Injectable()
export class FillWalletHandler {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(CreditRequested)
  async grant(event: Recorded<CreditRequested>, delivery: Delivery): Promise<void> {
    permit(event.metadata.actor, 'credits:grant');
    const { requestId: _request, fingerprint: _fingerprint, ...credit } = event.data;
    const data = { ...credit, grantId: grantIdOf(event.data), at: this.clock.iso() };
    await this.put(event, { type: 'GrantCredit', data }, delivery);
  }

  /** The events that are named are looked up, and cited as they stand in the log. */
  @OnEvent(SlaCreditRequested)
  async makeUp(event: Recorded<SlaCreditRequested>, delivery: Delivery): Promise<void> {
    permit(event.metadata.actor, 'credits:grant');
    const { requestId: _request, fingerprint: _fingerprint, outage: named, ...credit } = event.data;
    const found: OutageEvent[] = [];
    const missing: EventReference[] = [];
    for (const reference of named) {
      const proof = await this.find(reference);
      if (proof) found.push(proof);
      else missing.push(reference);
    }
    const usual = { priority: CREDIT_PRIORITY_USUAL, categories: [], projects: [] };
    const data = { ...credit, ...usual, grantId: grantIdOf(event.data), outage: found, missing, at: this.clock.iso() };
    await this.put(event, { type: 'CreditOutage', data }, delivery);
  }

  /**
   * Real money counts once somebody vouches for it who may give credit; what a customer says of a payment is no proof.
   * Only such a one fills the wallet of another organization.
   */
  @OnEvent(TopUpRequested)
  async topUp(event: Recorded<TopUpRequested>, delivery: Delivery): Promise<void> {
    const { actor, organizationId } = event.metadata;
    const own = event.data.organizationId === organizationId;
    const confirmed = isPermitted(actor, 'credits:grant');
    if (!confirmed) permit(actor, own ? 'wallet:top-up' : 'credits:grant');
    const { requestId: _request, fingerprint: _fingerprint, ...payment } = event.data;
    const data = { ...payment, confirmed, grantId: grantIdOf(event.data), at: this.clock.iso() };
    await this.put(event, { type: 'TopUp', data }, delivery);
  }

  private async find({ stream, revision }: EventReference): Promise<OutageEvent | undefined> {
    const from = BigInt(revision);
    if (from < 0n) return undefined;
    for await (const found of this.streams.log.readStream(stream, { from, limit: 1 })) {
      if (found.revision !== from) return undefined;
      return { stream, revision, position: String(found.position), type: found.type, eventId: found.id };
    }
    return undefined;
  }

  private async put(
    event: Recorded<CreditRequested | SlaCreditRequested | TopUpRequested>,
    command: WalletCommand,
    { redelivered }: Delivery,
  ): Promise<void> {
    const { organizationId } = event.data;
    const context: CommandContext = { ...causedBy(event, undefined, redelivered), organizationId };
    await this.streams.transact(walletDecider, organizationId, command, context);
  }
}
