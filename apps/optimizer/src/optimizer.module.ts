import { Module } from '@nestjs/common';
import { defineContext, EventingModule } from '@solyx/eventing';
import { ConfiguredSettings } from './adapters/configured-settings';
import { adviceView } from './application/advice.projection';
import { AdviseProcess } from './application/advise.process';
import { FleetReader } from './application/fleet-reader';
import { OptimizerSettings } from './application/optimizer-settings';
import { policyView } from './application/policy.projection';
import { SetAutonomyHandler } from './application/set-autonomy.handler';
import { config } from './config';

export const optimizerContext = defineContext({
  context: 'optimizer',
  // The scheduler's journal is read from the log itself, in its order; over the bus come only requests of people.
  listens: ['gateway'],
  projections: [adviceView, policyView],
});

/** The table of contents of this service: what it shows, what it does, what it plugs in. */
@Module({
  imports: [EventingModule.forContext(optimizerContext)],
  providers: [
    FleetReader,
    SetAutonomyHandler,
    AdviseProcess,
    { provide: OptimizerSettings, useFactory: () => new ConfiguredSettings(config) },
  ],
})
export class OptimizerModule {}
