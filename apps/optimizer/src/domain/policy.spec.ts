import { AutonomySet } from '@solyx/contracts/optimizer';
import { given } from '@solyx/testing';
import { after, autonomy } from '../test/journal';
import { policyDecider, type Autonomy } from './policy';

const set = (data: Autonomy) => ({ type: 'SetAutonomy', data }) as const;
const begin = (data: Autonomy) => ({ type: 'BeginWithAutonomy', data }) as const;
const past = given(policyDecider);

describe('Policy', () => {
  it('begins as configured', () => past().when(begin(autonomy())).then(AutonomySet(autonomy())));
  it('is what people say, whatever is configured later', () =>
    past(AutonomySet(autonomy()))
      .when(begin(autonomy({ level: 'observe' })))
      .thenNothing());
  it('may be set before it began', () => past().when(set(autonomy())).then(AutonomySet(autonomy())));
  it('is not set again as it is', () =>
    past(AutonomySet(autonomy()))
      .when(set(autonomy({ at: after(9) })))
      .thenNothing());
  it.each([
    autonomy({ level: 'observe' }),
    autonomy({ killSwitch: true }),
    autonomy({}, { leasedNodesMax: 5 }),
    autonomy({}, { leaseMicroUsdPerHourMax: '1' }),
    autonomy({}, { leasesPerHourMax: 5 }),
  ])('changes to %j', (changed) => {
    past(AutonomySet(autonomy())).when(set(changed)).then(AutonomySet(changed));
  });
});
