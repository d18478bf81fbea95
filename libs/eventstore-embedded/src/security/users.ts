import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** A user as configured: the hash as `hashPassword` writes it. */
export interface UserRecord extends User {
  readonly passwordHash: string;
}

export const ADMINS = '$admins';

const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Interactive cost: some 50 ms and 16 MiB for each new pair of name and password. */
const COST = { N: 16384, r: 8, p: 1 };
const VERIFIED_MAX = 1000;

const derive = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, COST, (error, key) => (error ? reject(error) : resolve(key)));
  });

/** `scrypt:<salt>:<key>`, both in base64url. RFC 7914 with N=16384, r=8, p=1. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt);
  return `scrypt:${salt.toString('base64url')}:${key.toString('base64url')}`;
}

export const HASH_PATTERN = /^scrypt:[\w-]{22}:[\w-]{43}$/;

async function verify(password: string, hash: string): Promise<boolean> {
  const [, salt = '', key = ''] = hash.split(':');
  const derived = await derive(password, Buffer.from(salt, 'base64url'));
  const expected = Buffer.from(key, 'base64url');
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}

/** Who may call. Verified pairs are remembered under a key of this process, so that the cost is paid once. */
export class Users {
  private readonly records: ReadonlyMap<string, UserRecord>;
  private readonly secret = randomBytes(KEY_BYTES);
  private readonly verified = new Map<string, User>();

  constructor(records: readonly UserRecord[]) {
    this.records = new Map(records.map((record) => [record.name, record]));
  }

  get size(): number {
    return this.records.size;
  }

  /** The user whom an `authorization` header names, or undefined when name or password is wrong. */
  async authenticate(header: string): Promise<User | undefined> {
    const digest = createHmac('sha256', this.secret).update(header).digest('base64');
    const known = this.verified.get(digest);
    if (known) return known;
    const { name, password } = parseBasic(header);
    const record = this.records.get(name);
    // An unknown name costs as much as a wrong password, so that names cannot be found out by the clock.
    const valid = await verify(password, record?.passwordHash ?? UNKNOWN_HASH);
    if (!record || !valid) return undefined;
    const user = { name: record.name, groups: record.groups };
    if (this.verified.size >= VERIFIED_MAX) this.verified.clear();
    this.verified.set(digest, user);
    return user;
  }
}

const UNKNOWN_HASH = `scrypt:${'A'.repeat(22)}:${'A'.repeat(43)}`;

/** RFC 7617: `Basic base64(name:password)`. */
function parseBasic(header: string): { readonly name: string; readonly password: string } {
  const [, encoded = ''] = /^basic\s+(\S+)$/i.exec(header) ?? [];
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? { name: '', password: '' } : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
