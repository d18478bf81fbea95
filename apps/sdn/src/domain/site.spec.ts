import { SiteDeclared } from '@solyx/contracts/sdn';
import { given } from '@solyx/testing';
import { siteDecider, type SiteFacts } from './site';

const home: SiteFacts = {
  siteId: 'home',
  region: 'eu-central',
  provider: 'owned',
  simulated: false,
  at: '2026-01-01T00:00:00.000Z',
};
const later = '2026-01-02T00:00:00.000Z';
const declare = (data: SiteFacts) => ({ type: 'DeclareSite', data }) as const;
const past = given(siteDecider);

describe('Site', () => {
  it('is declared', () => past().when(declare(home)).then(SiteDeclared(home)));
  it('is not declared again as it is, whenever that is', () =>
    past(SiteDeclared(home))
      .when(declare({ ...home, at: later }))
      .thenNothing());

  it.each([{ region: 'eu-west' }, { provider: 'vast' }, { simulated: true }])('is declared again with %j', (change) => {
    const changed = { ...home, ...change, at: later };
    past(SiteDeclared(home)).when(declare(changed)).then(SiteDeclared(changed));
  });
});
