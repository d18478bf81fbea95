import { accept, refuse, type Command, type Decider } from '@solyx/kernel';
import { JoinTokenCreated, JoinTokenUsed } from '@solyx/contracts/gateway';

export type JoinTokenCommand =
  | Command<'CreateJoinToken', JoinTokenCreated['data']>
  | Command<'UseJoinToken', Omit<JoinTokenUsed['data'], 'organizationId'>>;
export type JoinTokenEvent = JoinTokenCreated | JoinTokenUsed;
export type JoinTokenRefusal = 'AlreadyExists' | 'TokenUnknown' | 'TokenExpired' | 'TokenSpent';

export interface JoinToken {
  readonly phase: 'None' | 'Open' | 'Spent';
  readonly organizationId: string;
  readonly hash: string;
  readonly expiresAt: string;
  /** Of the machine that spent it. */
  readonly publicKey: string;
  readonly nodeId: string;
}

/** A token that lets one machine in, once. The machine that spent it may ask again and gets the same answer. */
export const joinTokenDecider: Decider<JoinTokenCommand, JoinToken, JoinTokenEvent, JoinTokenRefusal> = {
  name: 'gateway.joinToken',
  initial: { phase: 'None', organizationId: '', hash: '', expiresAt: '', publicKey: '', nodeId: '' },

  decide({ type, data }, token) {
    if (type === 'CreateJoinToken') {
      if (token.phase === 'None') return accept(JoinTokenCreated(data));
      return token.hash === data.hash ? accept() : refuse('AlreadyExists', { tokenId: data.tokenId });
    }
    if (token.phase === 'None') return refuse('TokenUnknown');
    if (token.phase === 'Spent') return token.publicKey === data.publicKey ? accept() : refuse('TokenSpent');
    if (token.expiresAt <= data.at) return refuse('TokenExpired', { expiresAt: token.expiresAt });
    return accept(JoinTokenUsed({ ...data, organizationId: token.organizationId }));
  },

  evolve(token, event) {
    if (event.type === 'gateway.joinToken.used') {
      return { ...token, phase: 'Spent', publicKey: event.data.publicKey, nodeId: event.data.nodeId };
    }
    const { organizationId, hash, expiresAt } = event.data;
    return { ...token, phase: 'Open', organizationId, hash, expiresAt };
  },
};
