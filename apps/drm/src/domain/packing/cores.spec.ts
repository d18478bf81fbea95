import fc from 'fast-check';
import { demand, packNode, shape } from '../../test/packing';
import { Columns } from './columns';
import { Cores } from './cores';
import { residualValues } from './prices';

const RESIDUAL = residualValues([{ gpuMilli: 500, microGpu: 500_000 }]);
/** Steps of one core. */
const node = packNode(2, { cpuMilli: 256_000 });
const MIX = [demand(shape(0, 0, 12_000), 5), demand(shape(1, 1000, 20_000), 5), demand(shape(1, 500, 8_000), 5)];

const coresOf = (mix = MIX, columns = new Columns([node])) => new Cores(columns, mix, RESIDUAL);

describe('CPU that the mix can use up', () => {
  it('is wasted where no set of jobs adds up to it', () => {
    const cores = coresOf();
    // All of 256 is used by 20 + 20 + 18 × 12; of 11 nothing without a GPU, 8 with half of one.
    expect(cores.moreWasted(0, 11_000, 24)).toBe(11_000);
    expect(cores.moreWasted(0, 11_000, 18)).toBe(3_000);
    expect(cores.moreWasted(0, 24_000, 24)).toBe(0);
    expect(cores.moreWasted(0, 20_000, 12)).toBe(0);
    expect(cores.moreWasted(0, 20_000, 24)).toBe(8_000);
  });

  it('counts GPUs by what their remainders are worth', () => {
    const cores = coresOf();
    expect([cores.lostBy(1000, 500), cores.lostBy(700, 300), cores.lostBy(499, 100), cores.ofWhole(2)]).toEqual([
      6, 6, 0, 24,
    ]);
  });

  it('follows what changes on a node', () => {
    const columns = new Columns([node]);
    const cores = coresOf(MIX, columns);
    columns.change(0, shape(2, 1000, 245_000), [0, 1], 1);
    cores.refresh(0);
    // 11 cores were wasted already.
    expect(cores.moreWasted(0, 3_000, 0)).toBe(-8_000);
  });

  it('is never more than there is, and never less where there are more GPUs', () => {
    const amount = fc.integer({ min: 0, max: 256_000 });
    const cores = coresOf();
    const wasted = (cpu: number, twelfths: number): number => cores.moreWasted(0, cpu, twelfths);
    fc.assert(
      fc.property(amount, fc.nat(24), fc.nat(24), (cpu, one, other) => {
        const [few, many] = [Math.max(one, other), Math.min(one, other)];
        expect(wasted(cpu, few)).toBeGreaterThanOrEqual(wasted(cpu, many));
        expect(wasted(cpu, few)).toBeLessThanOrEqual(cpu);
        expect(wasted(cpu, many)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('counts on no class that hardly ever comes', () => {
    const rare = demand(shape(0, 0, 11_000), 1);
    expect(coresOf([...MIX, rare]).moreWasted(0, 11_000, 24)).toBe(0);
    expect(coresOf([...MIX.map((one) => ({ ...one, count: 500 })), rare]).moreWasted(0, 11_000, 24)).toBe(11_000);
  });
});
