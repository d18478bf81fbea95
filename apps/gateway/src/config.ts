import { boolean, file, integer, readConfig, secret, text, url } from '@solyx/platform';

const HEX_64 = { pattern: /^[0-9a-f]{64}$/, like: '64 hexadecimal digits' } as const;

/** The gateway's own settings; those of every service are in `@solyx/platform`. */
export const SETTINGS = {
  publicUrl: url({ about: 'What customers type.', default: 'http://127.0.0.1:7100' }),
  keyPepper: secret({
    about: 'Key of HMAC-SHA-256 over API keys and join tokens; required to start.',
    optional: true,
    ...HEX_64,
  }),
  agentSigner: file({ about: 'Account and signing seed for agents; without it no machine can join.', optional: true }),
  agentNatsUrl: url({
    about: 'Where agents find the bus, when it is not where the gateway finds it.',
    schemes: ['nats', 'tls', 'ws', 'wss'],
    optional: true,
  }),
  heartbeatSeconds: integer({
    about: 'How often agents are asked to say that they live.',
    default: 2,
    min: 1,
    max: 60,
  }),
  bootstrapOrganization: text({ about: 'First organization, recorded where it is not known yet.', optional: true }),
  bootstrapKeyId: text({ about: "Id of its first owner's key.", optional: true }),
  bootstrapKeyHash: secret({ about: "HMAC of its first owner's key.", optional: true, ...HEX_64 }),
  bootstrapJoinTokenId: text({ about: "Id of this machine's join token.", optional: true }),
  bootstrapJoinTokenHash: secret({ about: "HMAC of this machine's join token.", optional: true, ...HEX_64 }),
  bootstrapJoinTokenExpiresAt: text({ about: 'When that token ends, ISO 8601 UTC.', optional: true }),
  queriesPerSecond: integer({ about: 'Points of query cost that a key gains each second.', default: 2_000, min: 1 }),
  mutationsPerSecond: integer({ about: 'Mutations that a key gains each second.', default: 200, min: 1 }),
  subscriptionsPerSecond: integer({ about: 'Subscriptions that a key gains each second.', default: 10, min: 1 }),
  trustProxy: boolean({
    about: 'Whether X-Forwarded-For names the client: only behind a proxy that sets it.',
    default: false,
  }),
} as const;

export const config = readConfig('gateway', SETTINGS, process.env);
export type GatewayConfig = typeof config;
