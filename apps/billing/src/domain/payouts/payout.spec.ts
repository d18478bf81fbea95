import fc from 'fast-check';
import { propertyRuns, replay } from '@solyx/testing';
import { zeroSum } from '../postings';
import { payoutDecider, type PayoutCommand } from './payout';

const at = '2026-02-01T00:00:00.000Z';
const payoutId = 'po_1';
const create: PayoutCommand = {
  type: 'CreatePayout',
  data: {
    ...{ payoutId, providerId: 'owner', rail: 'file', accountRef: 'a1', at },
    ...{ grossMicroUsd: '50250000', withdrawalFeeMicroUsd: '250000', netMicroUsd: '50000000' },
  },
};
const submitted: PayoutCommand = { type: 'MarkSubmitted', data: { payoutId, reference: 'ref', at } };
const paid: PayoutCommand = { type: 'MarkPaid', data: { payoutId, at } };
const failed: PayoutCommand = { type: 'MarkFailed', data: { payoutId, reason: 'closed', at } };
const returned: PayoutCommand = { type: 'MarkReturned', data: { payoutId, reason: 'unknown account', at } };
const factsOf = (...commands: readonly PayoutCommand[]) =>
  replay(payoutDecider, commands).events.map(({ type }) => type.slice(15));
const refusalsOf = (...commands: readonly PayoutCommand[]) => replay(payoutDecider, commands).refusals;

describe('A payout', () => {
  it('is created, submitted and paid, each once', () => {
    expect(factsOf(create, create, submitted, submitted, paid, paid)).toEqual(['created', 'submitted', 'paid']);
    const [first] = replay(payoutDecider, [create]).events;
    expect(first?.data).toMatchObject({
      lines: [
        { kind: 'earnings', amountMicroUsd: '50250000' },
        { kind: 'withdrawal-fee', amountMicroUsd: '-250000' },
      ],
    });
  });

  it('fails before or after the rail took it, and then is over', () => {
    expect(factsOf(create, failed, failed)).toEqual(['created', 'failed']);
    expect(factsOf(create, submitted, failed)).toEqual(['created', 'submitted', 'failed']);
    expect(refusalsOf(create, failed, paid)).toEqual(['PayoutEnded']);
    expect(refusalsOf(create, submitted, paid, failed)).toEqual(['PayoutEnded']);
  });

  it('comes back after it was paid, also where nobody said that it was', () => {
    expect(factsOf(create, submitted, paid, returned, returned, paid)).toEqual([
      'created',
      'submitted',
      'paid',
      'returned',
    ]);
    expect(factsOf(create, submitted, returned)).toEqual(['created', 'submitted', 'paid', 'returned']);
    expect(refusalsOf(create, returned, failed, returned)).toEqual(['PayoutEnded', 'PayoutEnded']);
  });

  it('is nothing before it was created', () => {
    expect(refusalsOf(submitted, paid, failed, returned)).toEqual(new Array(4).fill('PayoutUnknown'));
  });

  it('takes each step once, and what is in transit ends at 0, in any order of what is told', () => {
    const commands = fc.array(fc.constantFrom(create, submitted, paid, failed, returned), { maxLength: 20 });
    fc.assert(
      fc.property(commands, (told) => {
        const { events, state } = replay(payoutDecider, told);
        expect(new Set(events.map(({ type }) => type)).size).toBe(events.length);
        const postings = events.flatMap(({ data }) => ('postings' in data ? data.postings : []));
        expect(zeroSum(postings)).toBe(true);
        const inTransit = postings.filter(({ account }) => account === 'payout-in-transit:owner');
        const isOver = ['Paid', 'Failed', 'Returned'].includes(state.phase);
        expect(inTransit.map(({ amountMicroUsd }) => amountMicroUsd)).toEqual(isOver ? ['50000000'] : []);
      }),
      propertyRuns(200),
    );
  });
});
