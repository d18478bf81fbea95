import { assetView } from './application/assets/asset.projection';
import { CountCostsProcess } from './application/assets/count-costs.process';
import { KeepAssetsHandler } from './application/assets/keep-assets.handler';
import { marginView } from './application/assets/margin.projection';
import { nodeUseView } from './application/assets/node-use.projection';
import { NodeUses } from './application/assets/node-uses';

/** What the fleet costs: purchases, energy and leases, day by day. */
export const assetsProviders = [NodeUses, KeepAssetsHandler, CountCostsProcess];

export const assetsProjections = [assetView, nodeUseView, marginView];
