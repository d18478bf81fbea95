import { LinkDeclared } from '@solyx/contracts/sdn';
import { given } from '@solyx/testing';
import { linkDecider, linkIdOf, type LinkFacts } from './link';

const link: LinkFacts = {
  linkId: linkIdOf('home', 's3-eu'),
  fromSite: 'home',
  toSite: 's3-eu',
  latencyUs: 4_000,
  bandwidthMbps: 2_000,
  egressMicroUsdPerGiB: '90000',
  at: '2026-01-01T00:00:00.000Z',
};
const declare = (data: LinkFacts) => ({ type: 'DeclareLink', data }) as const;
const past = given(linkDecider);

describe('Link', () => {
  it('is declared', () => past().when(declare(link)).then(LinkDeclared(link)));
  it('is not declared again as it is', () =>
    past(LinkDeclared(link))
      .when(declare({ ...link, at: '2026-02-01T00:00:00.000Z' }))
      .thenNothing());
  it('knows a price by its value, not its spelling', () =>
    past(LinkDeclared(link))
      .when(declare({ ...link, egressMicroUsdPerGiB: '090000' }))
      .thenNothing());

  it.each([{ latencyUs: 4_001 }, { bandwidthMbps: 1_999 }, { egressMicroUsdPerGiB: '90001' }])(
    'is declared again with %j',
    (change) => {
      past(LinkDeclared(link))
        .when(declare({ ...link, ...change }))
        .then(LinkDeclared({ ...link, ...change }));
    },
  );

  it('joins two different sites', () =>
    past()
      .when(declare({ ...link, toSite: 'home' }))
      .thenRefused('NoRoute'));
  it('pays nobody for using it', () =>
    past()
      .when(declare({ ...link, egressMicroUsdPerGiB: '-1' }))
      .thenRefused('NoRoute'));
  it('keeps its ends', () =>
    past(LinkDeclared(link))
      .when(declare({ ...link, toSite: 's3-us' }))
      .thenRefused('AlreadyExists'));
});
