import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_TOPOLOGY } from '../domain/topology';
import { FileTopologySource } from './file-topology.source';

const folder = mkdtempSync(path.join(tmpdir(), 'solyx-topology-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (content: unknown): string => {
  const name = path.join(folder, 'topology.json');
  writeFileSync(name, typeof content === 'string' ? content : JSON.stringify(content));
  return name;
};

const site = (siteId: string) => ({ siteId, region: 'eu-central', provider: 'owned', simulated: false });
const link = (change: object = {}) => ({
  fromSite: 'a',
  toSite: 'b',
  latencyUs: 1,
  bandwidthMbps: 1,
  egressMicroUsdPerGiB: '0',
  ...change,
});
const sites = [site('a'), site('b')];
const many = Array.from({ length: 33 }, (_, index) => site(`s${index}`));

describe('Configured topology', () => {
  it('is the built-in one without a file', async () => {
    expect(await new FileTopologySource(undefined).read()).toBe(DEFAULT_TOPOLOGY);
  });
  it('may be the built-in one in a file', async () => {
    expect(await new FileTopologySource(file(DEFAULT_TOPOLOGY)).read()).toEqual(DEFAULT_TOPOLOGY);
  });
  it('labels every site that is not this installation as simulated', () => {
    const real = DEFAULT_TOPOLOGY.sites.filter(({ simulated }) => !simulated);
    expect(real.map(({ siteId }) => siteId)).toEqual(['home']);
  });
  it.each<[unknown, RegExp]>([
    ['{', /JSON/],
    ['null', /1 to 32 sites/],
    [{ sites: many }, /1 to 32 sites/],
    [{ sites: 7 }, /not iterable/],
    [{ sites: [{ ...site('a'), simulated: 'no' }] }, /simulated must be a boolean/],
    [{ sites: [site('A.b')] }, /"A.b" must be lower case/],
    [{ sites: [site('a'), site('a')] }, /site a is there twice/],
    [{ sites, links: [link({ toSite: 'c' })] }, /a--c names a site that is not in sites/],
    [{ sites, links: [link({ toSite: 'a' })] }, /a--a leads nowhere/],
    [{ sites, links: [link(), link()] }, /a--b is there twice/],
    [{ sites, links: [link({ latencyUs: 60_000_001 })] }, /latencyUs must not be more/],
    [{ sites, links: [link({ bandwidthMbps: 0 })] }, /bandwidthMbps must not be less than 1/],
    [{ sites, links: [link({ egressMicroUsdPerGiB: '-1' })] }, /must not be below 0/],
    [{ sites, links: [link({ colour: 'blue' })] }, /colour/],
  ])('ends the start where the file is %j', (content, message) => {
    expect(() => new FileTopologySource(file(content))).toThrow(message);
  });
  it('ends the start where there is no file', () => {
    expect(() => new FileTopologySource(path.join(folder, 'missing.json'))).toThrow(/ENOENT/);
  });
});
