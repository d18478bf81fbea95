import { AUTONOMY_LEVELS } from '@solyx/contracts';
import { choice, integer, readConfig, text } from '@solyx/platform';

export const config = readConfig(
  'optimizer',
  {
    partition: text({ about: "Partition whose scheduler's journal it follows.", default: 'main' }),
    intervalSeconds: integer({ about: 'One advice in this time.', default: 10, min: 1, max: 3_600 }),
    waitSeconds: integer({ about: 'GPU work that waits this long is worth a lease.', default: 30, max: 86_400 }),
    idleSeconds: integer({ about: 'A leased node idle this long may go back.', default: 300, max: 86_400 }),
    quietSeconds: integer({ about: 'While nothing changes, one advice in this time.', default: 600, max: 86_400 }),
    level: choice(AUTONOMY_LEVELS, { about: 'How far it may go before anyone set it.', default: 'suggest' }),
    leasedNodesMax: integer({ about: 'Leased nodes at once, before anyone set it.', default: 4, max: 64 }),
    leaseUsdPerHourMax: integer({ about: 'Rent of all leases, USD per hour, before anyone set it.', default: 50 }),
    leasesPerHourMax: integer({ about: 'Leases on advice in an hour, before anyone set it.', default: 4, max: 1_000 }),
  },
  process.env,
);
