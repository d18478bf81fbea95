import type { Metadata } from '@grpc/grpc-js';
import type { AccessList } from '../engine/stream-metadata';
import { baseOf, isMetastream, isSystemStream } from '../engine/stream-names';
import { accessDenied, unauthenticated } from '../grpc/errors';
import type { StreamIndex } from '../log/stream-index';
import { ADMINS, type User, type Users } from './users';

export type Action = 'read' | 'write' | 'delete';

const EVERYBODY = '$all';
/** Who calls a store that has no users: it listens to this machine only, and this machine is trusted. */
const TRUSTED: User = { name: 'insecure', groups: [ADMINS] };

/**
 * Who may do what. Users of the store may read and write all streams but those of the system, which only `$admins`
 * write; the `$acl` of a stream narrows that. Nobody calls without a name, unless the store has no users.
 */
export class Access {
  constructor(
    private readonly users: Users,
    private readonly index: Pick<StreamIndex, 'peek' | 'load'>,
  ) {}

  /** No decision depends on the caller. */
  get isOpen(): boolean {
    return this.users.size === 0;
  }

  async authenticate(metadata: Metadata): Promise<User> {
    if (this.isOpen) return TRUSTED;
    const [header] = metadata.get('authorization');
    if (typeof header !== 'string') throw unauthenticated('send a user name and password with the connection string');
    const user = await this.users.authenticate(header);
    if (!user) throw unauthenticated('the user name or the password is wrong');
    return user;
  }

  /** Throws when the user may not. */
  async demand(user: User, action: Action, stream: string): Promise<void> {
    if (user.groups.includes(ADMINS)) return;
    const base = baseOf(stream);
    const { committed } = this.index.peek(base) ?? (await this.index.load(base));
    const roles = rolesFor(committed.metadata.acl, action, isMetastream(stream)) ?? defaultRoles(base, action);
    const isIn = (role: string): boolean => role === EVERYBODY || role === user.name || user.groups.includes(role);
    if (!roles.some(isIn)) throw accessDenied(`user ${user.name} may not ${action} ${stream}`);
  }
}

function rolesFor(acl: AccessList | undefined, action: Action, isMetadata: boolean): readonly string[] | undefined {
  if (!acl) return undefined;
  if (action === 'delete') return acl.delete;
  if (isMetadata) return action === 'read' ? acl.readMetadata : acl.writeMetadata;
  return action === 'read' ? acl.read : acl.write;
}

const defaultRoles = (base: string, action: Action): readonly string[] =>
  isSystemStream(base) && action !== 'read' ? [ADMINS] : [EVERYBODY];
