import { eventRegistry } from '@solyx/contracts';
import { PlanComputed } from '@solyx/contracts/drm';
import { given } from '@solyx/testing';
import {
  adopted,
  at,
  Journal,
  node,
  offer,
  only,
  prices,
  route,
  routes,
  spec,
  workload,
  type WorkloadOptions,
} from '../test/builders';
import { planDecider, planOf, requestOf } from './plan';

const SMALL: WorkloadOptions = { cpuMilli: 0, memoryMiB: 0 };
const plan = (journal: Journal, options: WorkloadOptions, seconds = 10): PlanComputed['data'] => {
  const request = { planId: 'plan_1', organizationId: 'acme', spec: spec({ ...SMALL, ...options }), at: at(seconds) };
  const data = planOf(journal.state, request);
  eventRegistry.validate(PlanComputed(data));
  return data;
};
const journalOf = (...inputs: Parameters<Journal['advance']>[1][]): Journal => {
  const journal = new Journal();
  journal.advance(0, prices(), routes(route('home', 'lambda-us')), ...inputs);
  return journal;
};

describe('A plan', () => {
  it('says why it would wait behind a long queue of which few were told', () => {
    const journal = journalOf(node('n1', { gpus: 1 }), adopted());
    journal.advance(1, ...Array.from({ length: 60 }, (_, i) => workload(`w${i}`, SMALL)));
    const { reasons, sentence } = plan(journal, {});
    expect(reasons).toEqual([{ reason: 'InsufficientGpus', count: 1 }]);
    expect(sentence).toContain('59 workloads are ahead of it');
  });

  it('says where work would run and what it would cost, and is what then happens', () => {
    const journal = journalOf(node('n1'), node('n2', { gpus: 4 }));
    const before = journal.state;
    const data = plan(journal, { gpus: 2, nodes: 2, runtime: 1_800 });
    expect(journal.state).toBe(before);
    expect(data).toMatchObject({
      feasible: true,
      waits: false,
      priceMicroUsdPerHour: '4000000',
      maximumMicroUsd: '2000000',
    });
    const request = requestOf({
      planId: 'p',
      organizationId: 'acme',
      spec: spec({ ...SMALL, gpus: 2, nodes: 2 }),
      at: at(10),
    });
    const [grant] = only(journal.advance(10, workload('p', { change: request })), 'drm.partition.allocation-granted');
    expect(data.shares).toEqual(grant?.allocation.shares);
    expect(data.candidates).toEqual(grant?.candidates);
  });

  it('waits behind those who wait already', () => {
    const journal = journalOf(node('n1', { gpus: 1 }));
    journal.advance(1, workload('running'), workload('waiting'));
    expect(plan(journal, {})).toMatchObject({
      feasible: true,
      waits: true,
      shares: [],
      priceMicroUsdPerHour: '1000000',
      reasons: [{ reason: 'InsufficientGpus', count: 1 }],
      sentence: expect.stringContaining(
        'It would wait: 1 node has too few free GPUs; 1 workload is ahead of it.',
      ) as string,
    });
  });

  it('names the offers that would be leased, their price to the customer, and the data that crosses', () => {
    const journal = journalOf(offer('o1', { available: 2 }));
    const data = plan(journal, { gpus: 8, nodes: 2 });
    expect(data.leaseOffers.map(({ offerId }) => offerId)).toEqual(['o1', 'o1']);
    expect(data).toMatchObject({ feasible: true, waits: true, priceMicroUsdPerHour: '32000000' });
  });

  it('counts transfers into the maximum', () => {
    const journal = journalOf(node('n1', { terms: { site: 'lambda-us' } }));
    const change = { data: [{ uri: 's3://d', site: 'home', sizeGiB: 50 }] };
    expect(plan(journal, { change })).toMatchObject({ maximumMicroUsd: String(1_000_000 + 50 * 20_000) });
  });

  it('says what never fits', () => {
    expect(plan(journalOf(node('n1')), { gpus: 16 })).toMatchObject({
      feasible: false,
      waits: false,
      reasons: [{ reason: 'NeverFits' }, { reason: 'InsufficientGpus' }],
    });
  });

  it('is answered once', () => {
    const data = plan(journalOf(node('n1')), {});
    given(planDecider)().when({ type: 'RecordPlan', data }).then(PlanComputed(data));
    given(planDecider)(PlanComputed(data)).when({ type: 'RecordPlan', data }).thenNothing();
  });
});
