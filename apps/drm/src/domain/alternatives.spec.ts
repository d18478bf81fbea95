import { at, bought, Journal, node, offer, prices, spec, workload } from '../test/builders';
import { planOf } from './plan';

const planned = (journal: Journal, options: Parameters<typeof spec>[0] = {}, seconds = 2) =>
  planOf(journal.state, { planId: 'plan_1', organizationId: 'acme', spec: spec(options), at: at(seconds) });

describe('A plan', () => {
  const fleet = (): Journal => {
    const journal = new Journal();
    const rented = { source: 'leased', provider: 'lambda', site: 'far', costMicroUsdPerHour: '16000000' } as const;
    const lent = { source: 'shared', provider: 'peer', costMicroUsdPerHour: '8000000', healthPerMille: 500 } as const;
    journal.advance(0, prices(), node('n1'), bought('n1'), node('n2', { terms: rented }), node('n3', { terms: lent }));
    journal.advance(1, offer('o1', { priceMicroUsdPerHour: '12000000', minimumSeconds: 7_200, bootSeconds: 36 }));
    return journal;
  };

  it('prices owned, leased and shared GPUs in one currency, part by part, the cheapest first', () => {
    const { alternatives = [] } = planned(fleet(), { gpus: 1, runtime: 3_600 });
    expect(alternatives.map(({ source, state, candidateId }) => `${source} ${state} ${candidateId}`)).toEqual([
      'owned free n1',
      'leased free n2',
      'shared free n3',
      'leased offered o1',
    ]);
    const [owned, leased, shared, offered] = alternatives;
    // The owned fleet is idle: a slot of it is worth nothing but its energy.
    expect(owned?.parts).toEqual([{ part: 'energy', microUsdPerHour: '100000' }]);
    expect(leased?.costMicroUsdPerHour).toBe('2000000');
    expect(shared?.parts).toEqual([
      { part: 'rate', microUsdPerHour: '1000000' },
      { part: 'health', microUsdPerHour: '1000000' },
    ]);
    // Nobody is sure to share it: an hour of work pays the whole node for two.
    expect(offered?.parts).toEqual([
      { part: 'rate', microUsdPerHour: '12000000' },
      { part: 'minimum', microUsdPerHour: '12000000' },
      { part: 'boot', microUsdPerHour: '120000' },
    ]);
    // One owned GPU-hour is 1.10 USD.
    expect(leased?.costMicroGpu).toBe(1_818_182);
    expect(alternatives.every(({ kind }) => kind === 'simulated')).toBe(true);
  });

  it('counts the slot as the owned GPUs fill up', () => {
    const journal = fleet();
    journal.advance(1, workload('half', { gpus: 4, queued: 1 }));
    const [owned] = planned(journal, { gpus: 1 }).alternatives?.filter(({ source }) => source === 'owned') ?? [];
    expect(owned?.parts).toEqual([
      { part: 'slot', microUsdPerHour: '500000' },
      { part: 'energy', microUsdPerHour: '100000' },
    ]);
  });

  it('starts now, or as it is foreseen, and names the limit that it meets', () => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1', { gpus: 1 }));
    const free = planned(journal);
    expect(free.start).toEqual({ p10At: at(2), p50At: at(2), p90At: at(2) });
    expect(free.bindingLimit).toBe('runtime');
    const limits = { maxRuntimeSeconds: 3_600, budgetMicroUsd: '5' };
    expect(planned(journal, { change: { limits } }).bindingLimit).toBe('budget');
    journal.advance(1, workload('busy', { queued: 1, runtime: 600 }));
    const later = planned(journal);
    expect(later.start?.p50At).toBe(at(601));
    expect(later.bindingLimit).toBe('capacity');
    expect(planned(journal, { gpus: 16 }).start).toBeUndefined();
    const cheap = { maxRuntimeSeconds: 60, maxPriceMicroUsdPerGpuHour: '1' };
    expect(planned(journal, { change: { limits: cheap } }).bindingLimit).toBe('price');
  });
});
