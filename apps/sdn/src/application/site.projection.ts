import type { SiteDeclared } from '@solyx/contracts/sdn';
import { defineProjection } from '@solyx/eventing';

export interface SiteRow {
  readonly siteId: string;
  readonly region: string;
  readonly provider: string;
  readonly simulated: boolean;
}

/** Where can nodes and data be? */
export const siteView = defineProjection<SiteDeclared, SiteRow>({
  name: 'sdn_site',
  version: 1,
  key: ({ data }) => data.siteId,
  initial: { siteId: '', region: '', provider: '', simulated: false },
  on: {
    'sdn.site.declared': (_, { siteId, region, provider, simulated }) => ({ siteId, region, provider, simulated }),
  },
});
