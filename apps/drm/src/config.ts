import { boolean, integer, readConfig, text } from '@solyx/platform';
import type { SimulatedMarket } from './adapters/simulated-lessor';
import type { DrmSettings } from './application/drm-settings';
import { SIMULATED_FLEET, SIMULATED_OFFERS } from './simulated-fleet';

/** Settings of drm beside those that every service has. */
export const settings = {
  partition: text({
    about: 'Name of the fleet whose journal this service writes.',
    default: 'main',
    pattern: /^[a-z0-9]{1,32}$/,
    like: '1 to 32 lower case letters or digits',
  }),
  heartbeatTimeoutMs: integer({
    about: 'A node that was not heard for longer is lost.',
    default: 15_000,
    min: 1_000,
    max: 600_000,
  }),
  offerFreshSeconds: integer({
    about: 'How long an offer may be relied on after it was seen.',
    default: 600,
    min: 10,
    max: 86_400,
  }),
  policy: text({
    about: 'The policy that decides from the start of this service on; what was decided before replays with its own.',
    default: 'shadow-price/1',
    pattern: /^(best-fit|shadow-price|shadow-price-power)\/1$/,
    like: '`shadow-price/1`, `shadow-price-power/1` or `best-fit/1`',
  }),
  simulatedFleet: boolean({
    about: 'Registers 48 simulated GPUs and offers 16 more, all labelled simulated.',
    default: false,
  }),
};

export const config = readConfig('drm', settings, process.env);

/** For the application: the settings that it knows, and the fleet that is simulated, if any. */
export const drmSettings = (): DrmSettings => ({
  partition: config.partition,
  heartbeatTimeoutMs: config.heartbeatTimeoutMs,
  offerFreshSeconds: config.offerFreshSeconds,
  policy: config.policy,
  fleet: config.simulatedFleet ? SIMULATED_FLEET : [],
});

export const simulatedMarket = (): SimulatedMarket => ({ offers: config.simulatedFleet ? SIMULATED_OFFERS : [] });
