import { SolyxError } from '@solyx/kernel';
import type { AgentSigner } from '@solyx/platform';
import type { EdgeRates, GatewaySettings } from './application/gateway-settings';
import type { GatewayConfig } from './config';

const VERSION = '0.1.0';
/** A bucket holds this many seconds' worth. */
const BURST_SECONDS = 10;

/** The address without what stands before an `@`. */
const withoutCredentials = (address: string): string => address.replace(/\/\/[^/@]*@/, '//').split('?')[0] ?? address;

/** The configuration in the application's words. Files are read once, here. */
export function settingsOf(
  config: GatewayConfig,
  readText: (path: string) => string,
  readSigner: (path: string) => AgentSigner,
): GatewaySettings {
  const { bootstrapOrganization: organization, bootstrapKeyId: keyId, bootstrapKeyHash: keyHash } = config;
  const joinTokenExpiresAt = config.bootstrapJoinTokenExpiresAt;
  const bootstrap = {
    ...(organization === undefined ? {} : { organization }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(keyHash === undefined ? {} : { keyHash }),
    ...(config.bootstrapJoinTokenId === undefined ? {} : { joinTokenId: config.bootstrapJoinTokenId }),
    ...(config.bootstrapJoinTokenHash === undefined ? {} : { joinTokenHash: config.bootstrapJoinTokenHash }),
    ...(joinTokenExpiresAt === undefined ? {} : { joinTokenExpiresAt }),
  };
  return {
    publicUrl: config.publicUrl.replace(/\/+$/, ''),
    version: VERSION,
    agentNatsUrl: config.agentNatsUrl ?? config.natsUrl,
    ...(config.natsCaPath === undefined ? {} : { agentNatsCa: readText(config.natsCaPath) }),
    ...(config.agentSigner === undefined ? {} : { agentSigner: readSigner(config.agentSigner) }),
    heartbeatSeconds: config.heartbeatSeconds,
    eventStore: withoutCredentials(config.eventStoreUrl),
    bootstrap,
    rates: ratesOf(config),
  };
}

const ratesOf = (config: GatewayConfig): EdgeRates => ({
  query: { perSecond: config.queriesPerSecond, burst: config.queriesPerSecond * BURST_SECONDS },
  mutation: { perSecond: config.mutationsPerSecond, burst: config.mutationsPerSecond * BURST_SECONDS },
  subscription: { perSecond: config.subscriptionsPerSecond, burst: config.subscriptionsPerSecond * BURST_SECONDS },
});

/** Not required by the configuration itself, so that the module can be read (by the simulator) without secrets. */
export function requiredPepper(pepper: string | undefined): string {
  if (pepper !== undefined) return pepper;
  throw new SolyxError(
    'InvalidArgument',
    'gateway: SOLYX_GATEWAY_KEY_PEPPER is missing',
    {},
    {
      hint: 'Set it to 64 hexadecimal digits and keep it: other digits make every key unknown.',
    },
  );
}
