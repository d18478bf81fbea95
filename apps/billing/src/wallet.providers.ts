import { RaiseHoldHandler } from './application/raise-hold.handler';
import { SettleChargeHandler } from './application/settle-charge.handler';
import { ExpireCreditsProcess } from './application/expire-credits.process';
import { FillWalletHandler } from './application/fill-wallet.handler';
import { walletView } from './application/wallet.projection';

/** What is paid in advance or given, and what charges draw of it. */
export const walletProviders = [FillWalletHandler, RaiseHoldHandler, SettleChargeHandler, ExpireCreditsProcess];

export const walletProjections = [walletView];
