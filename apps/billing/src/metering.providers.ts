import { ClosePeriodsProcess } from './application/close-periods.process';
import { ManageAccountHandler } from './application/manage-account.handler';
import { MeterReader } from './application/meter-reader';
import { MeterUsageHandler } from './application/meter-usage.handler';
import { MeteringSettings } from './application/metering-settings';
import { meterView } from './application/meter.projection';
import { openMeterView } from './application/open-meter.projection';
import { periodView } from './application/period.projection';
import { ReadMetersProcess } from './application/read-meters.process';
import { RecordUsageHandler } from './application/record-usage.handler';
import { SetProfileHandler } from './application/set-profile.handler';
import { UsagePrices } from './application/usage-prices';
import { usageView } from './application/usage.projection';
import { UsageHealth } from './adapters/usage-health';
import { config } from './config';

const MS_PER_SECOND = 1_000;

export const meteringSettings: MeteringSettings = {
  sliceMs: config.sliceSeconds * MS_PER_SECOND,
  settleMs: config.settleSeconds * MS_PER_SECOND,
};

/** Usage, from the scheduler's journal and from reports, charged in slices; periods and their close. */
export const meteringProviders = [
  { provide: MeteringSettings, useValue: meteringSettings },
  UsagePrices,
  MeterReader,
  MeterUsageHandler,
  RecordUsageHandler,
  ReadMetersProcess,
  SetProfileHandler,
  ManageAccountHandler,
  ClosePeriodsProcess,
  UsageHealth,
];

export const meteringProjections = [usageView, openMeterView, meterView, periodView];
