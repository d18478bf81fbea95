import { createHash, timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import type { Engine } from '../engine/engine';
import { accessDenied, unauthenticated } from './status';

export interface User {
  readonly name: string;
  /** SHA-256 of the password, hex. Passwords here are long random strings, so no slow hash is needed. */
  readonly passwordSha256: string;
  readonly groups: readonly string[];
}

export type Operation = 'read' | 'write' | 'delete' | 'metaRead' | 'metaWrite';

const ACL_KEY: Readonly<Record<Operation, string>> = {
  read: '$r',
  write: '$w',
  delete: '$d',
  metaRead: '$mr',
  metaWrite: '$mw',
};
const ADMINS = '$admins';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Who calls, and may they? Without users (loopback, no TLS) everyone may do everything, as a real server with --insecure. */
export class Access {
  private readonly users: ReadonlyMap<string, User>;

  constructor(
    private readonly engine: Engine,
    users: readonly User[],
  ) {
    this.users = new Map(users.map((user) => [user.name, user]));
  }

  private get open(): boolean {
    return this.users.size === 0;
  }

  /** The caller; throws where credentials are wrong or missing. */
  caller(metadata: Metadata): User | undefined {
    if (this.open) return undefined;
    const [header] = metadata.get('authorization');
    if (typeof header !== 'string' || !/^basic /i.test(header)) throw unauthenticated();
    const text = Buffer.from(header.slice(6), 'base64').toString('utf8');
    const at = text.indexOf(':');
    const user = this.users.get(text.slice(0, at));
    const given = digest(text.slice(at + 1));
    if (!user || !timingSafeEqual(given, Buffer.from(user.passwordSha256, 'hex'))) throw unauthenticated();
    return user;
  }

  /** Throws AccessDenied where the stream's `$acl` does not name the caller. */
  async check(user: User | undefined, stream: string, operation: Operation): Promise<void> {
    if (!(await this.isAllowed(user, stream, operation))) throw accessDenied();
  }

  async isAllowed(user: User | undefined, stream: string, operation: Operation): Promise<boolean> {
    if (this.open || !user || user.groups.includes(ADMINS)) return true;
    const about = stream.startsWith('$$') ? stream.slice(2) : stream;
    const acted = stream.startsWith('$$') ? (operation === 'read' ? 'metaRead' : 'metaWrite') : operation;
    const { metadata } = await this.engine.head(about);
    const entry = metadata?.acl?.[ACL_KEY[acted]];
    if (entry === undefined) return !about.startsWith('$') || (acted === 'read' && about === '$all');
    const names = Array.isArray(entry) ? (entry as unknown[]) : [entry];
    return names.some((name) => name === '$all' || name === user.name || user.groups.includes(String(name)));
  }
}
