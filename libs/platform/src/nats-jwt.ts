import { createHash } from 'node:crypto';
import { base32, type NKey } from './nkey';

/** Allowed subjects, NATS wildcards included. What is not listed is refused. */
export interface SubjectPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** May answer requests on the reply subject of what it received: so many messages, for so long. */
  readonly replies?: { readonly max: number; readonly withinMs: number };
}

const UNLIMITED = { subs: -1, data: -1, payload: -1 } as const;
const NO_SUBJECT = '>';

const base64url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');

interface Claims {
  readonly name: string;
  readonly subject: string;
  readonly nats: Readonly<Record<string, unknown>>;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt?: number;
}

/** A NATS JWT, version 2: https://github.com/nats-io/nats-architecture-and-design ADR-14. */
function encodeJwt(claims: Claims, issuer: NKey): string {
  const standard = {
    ...(claims.expiresAt === undefined ? {} : { exp: claims.expiresAt }),
    iat: claims.issuedAt,
    iss: issuer.publicKey,
    name: claims.name,
    sub: claims.subject,
  };
  const jti = base32(createHash('sha512-256').update(JSON.stringify(standard)).digest());
  const header = base64url(JSON.stringify({ typ: 'JWT', alg: 'ed25519-nkey' }));
  const body = `${header}.${base64url(JSON.stringify({ ...standard, jti, nats: claims.nats }))}`;
  return `${body}.${base64url(issuer.sign(Buffer.from(body)))}`;
}

const permissionClaims = ({ publish, subscribe, replies }: SubjectPermissions) => ({
  // An empty list would mean "everything", hence everything is denied instead.
  pub: publish.length > 0 ? { allow: publish } : { deny: [NO_SUBJECT] },
  sub: subscribe.length > 0 ? { allow: subscribe } : { deny: [NO_SUBJECT] },
  ...(replies ? { resp: { max: replies.max, ttl: replies.withinMs * 1_000_000 } } : {}),
});

interface Issue {
  readonly name: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
}

export const operatorJwt = (operator: NKey, systemAccount: string, issue: Issue): string =>
  encodeJwt(
    {
      ...issue,
      subject: operator.publicKey,
      nats: { type: 'operator', version: 2, system_account: systemAccount },
    },
    operator,
  );

/** Users signed with `key` get exactly these permissions, in which `{{name()}}` and `{{tag(x)}}` are their JWT's. */
export interface ScopedSigner {
  readonly key: string;
  readonly role: string;
  readonly permissions: SubjectPermissions;
}

export interface AccountSpec extends Issue {
  /** Public key of the account. */
  readonly account: string;
  readonly jetStream: boolean;
  readonly signers?: readonly ScopedSigner[];
}

export function accountJwt(operator: NKey, spec: AccountSpec): string {
  const jetStream = spec.jetStream ? { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 } : {};
  const nats = {
    type: 'account',
    version: 2,
    limits: { ...UNLIMITED, ...jetStream, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
    default_permissions: { pub: {}, sub: {} },
    signing_keys: (spec.signers ?? []).map(({ key, role, permissions }) => ({
      kind: 'user_scope',
      key,
      role,
      template: { ...UNLIMITED, ...permissionClaims(permissions) },
    })),
  };
  return encodeJwt({ name: spec.name, issuedAt: spec.issuedAt, subject: spec.account, nats }, operator);
}

export interface UserSpec extends Issue {
  /** Public key of the user. */
  readonly user: string;
  /** Absent for a scoped signer, whose template says what the user may. */
  readonly permissions?: SubjectPermissions;
  /** Public key of the account, where `signer` is one of its signing keys. */
  readonly account?: string;
  readonly expiresAt?: number;
  /** `name:value`, for the template of a scoped signer. */
  readonly tags?: readonly string[];
}

export function userJwt(signer: NKey, spec: UserSpec): string {
  const { name, issuedAt, user, permissions, account, expiresAt, tags } = spec;
  const nats = {
    type: 'user',
    version: 2,
    ...(account === undefined ? {} : { issuer_account: account }),
    ...(tags ? { tags } : {}),
    ...(permissions ? { ...UNLIMITED, ...permissionClaims(permissions) } : {}),
  };
  const expiry = expiresAt === undefined ? {} : { expiresAt };
  return encodeJwt({ name, issuedAt, subject: user, nats, ...expiry }, signer);
}

/** The file that NATS clients read: JWT and seed, in the framing of `nsc`. */
export const credsFile = (jwt: string, seed: string): string =>
  [
    '-----BEGIN NATS USER JWT-----',
    jwt,
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n');
