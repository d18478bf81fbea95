import fc from 'fast-check';
import type { NodeTerms } from '@solyx/contracts';
import { PartitionNodeJoined, PolicyAdopted, type AllocationGranted } from '@solyx/contracts/drm';
import { at, bought, Journal, node, offer, only, over, prices, route, routes, workload } from '../../test/builders';
import { askOf } from '../ask';
import { lacking, suit } from '../filter';
import { factsOfLease, termsOfLease } from '../leasing';
import { marketOf } from '../market';
import { evolvePartition } from '../partition-evolve';
import type { PartitionState } from '../partition-state';

const adopted = PolicyAdopted({ policy: 'shadow-price/1', at: at(0) });
const rented = (perHour: string): Partial<NodeTerms> => ({
  ...{ source: 'leased', provider: 'lambda', site: 'far', region: 'us' },
  costMicroUsdPerHour: perHour,
});
const lent = (perHour: string, healthPerMille: number): Partial<NodeTerms> => ({
  ...{ source: 'shared', provider: 'peer', site: 'near', region: 'eu-central' },
  ...{ costMicroUsdPerHour: perHour, healthPerMille },
});
const grants = (events: Parameters<typeof only>[0]) => only(events, 'drm.partition.allocation-granted');

describe('Leasing in one currency', () => {
  it('takes the offer that costs least in all, not the one with the lowest rate', () => {
    const journal = new Journal();
    journal.advance(0, prices(), adopted, node('n1', { gpus: 1 }), bought('n1'));
    const cheapRate = offer('a-cheap', { priceMicroUsdPerHour: '1000000', gpusPerNode: 2, minimumSeconds: 86_400 });
    const cheapInAll = offer('b-short', { priceMicroUsdPerHour: '2000000', gpusPerNode: 2, minimumSeconds: 60 });
    journal.advance(1, cheapRate, cheapInAll);
    const events = journal.advance(2, workload('w', { gpus: 2, runtime: 3_600, queued: 2 }));
    expect(only(events, 'drm.partition.lease-requested').map((one) => one.offer.offerId)).toEqual(['b-short']);
  });

  it('rents a large node for a crowd, and a small one for one', () => {
    const offers = [
      offer('a-large', { priceMicroUsdPerHour: '16000000', gpusPerNode: 8 }),
      offer('b-small', { priceMicroUsdPerHour: '3000000', gpusPerNode: 1, available: 8 }),
    ];
    const wanted = (count: number): readonly string[] => {
      const journal = new Journal();
      journal.advance(
        0,
        prices(),
        adopted,
        node('n1', { gpus: 0 }),
        bought('n1'),
        node('n2', { gpus: 1 }),
        bought('n2'),
      );
      journal.advance(1, ...offers, workload('busy', { queued: 1 }));
      const list = Array.from({ length: count }, (_, i) => workload(`w${i}`, { queued: 2 }));
      const events = journal.advance(2, ...list);
      return only(events, 'drm.partition.lease-requested').map((one) => one.offer.offerId);
    };
    expect(wanted(1)).toEqual(['b-small']);
    expect(wanted(8)).toEqual(['a-large']);
  });

  it('rents nothing where an owned node comes free before a lease could be up', () => {
    const journal = new Journal();
    journal.advance(0, prices(), adopted, node('n1', { gpus: 1 }), bought('n1'), offer('o', { bootSeconds: 300 }));
    journal.advance(1, workload('short', { queued: 1, runtime: 60 }));
    const events = journal.advance(2, workload('next', { queued: 2 }));
    expect(only(events, 'drm.partition.lease-requested')).toEqual([]);
    expect(grants(journal.advance(30, over('short', 30)))).toHaveLength(1);
  });

  it('never uses an offer that is no longer fresh', () => {
    const journal = new Journal();
    journal.advance(0, prices(), adopted, node('n1', { gpus: 1 }), bought('n1'), offer('o', { freshUntil: at(100) }));
    expect(
      only(journal.advance(101, workload('w', { gpus: 8, queued: 101 })), 'drm.partition.lease-requested'),
    ).toEqual([]);
    expect(
      only(
        journal.advance(102, offer('o', { observedAt: at(102), freshUntil: at(200) })),
        'drm.partition.lease-requested',
      ),
    ).toHaveLength(1);
  });
});

describe('Giving back', () => {
  const hourly = offer('o', { billingUnitSeconds: 3_600, minimumSeconds: 3_600, bootSeconds: 10 });

  /** A lease that is up since second 10, and idle since second 100. */
  function idleLease(): Journal {
    const journal = new Journal();
    journal.advance(0, prices(), hourly, workload('w', { gpus: 8, queued: 0 }));
    const [lease] = [...journal.state.leases.values()];
    if (!lease) throw new Error('nothing was leased');
    const { leaseId, offer: leased } = lease;
    const terms = termsOfLease(leaseId, leased);
    journal.advance(10, PartitionNodeJoined({ terms, facts: factsOfLease(leaseId, leased), at: at(10) }));
    journal.advance(100, over('w', 100));
    return journal;
  }
  const released = (journal: Journal, seconds: number): number =>
    only(journal.tick(seconds), 'drm.partition.lease-release-requested').length;

  it('keeps what is paid until just before the next unit begins', () => {
    const journal = idleLease();
    expect(released(journal, 1_000)).toBe(0);
    expect(released(journal, 3_540)).toBe(0);
    expect(released(journal, 3_560)).toBe(1);
  });

  it('keeps for another unit what was used just now, or where the moment was missed', () => {
    const journal = idleLease();
    journal.advance(3_500, workload('late', { gpus: 1, queued: 3_500 }));
    journal.advance(3_580, over('late', 3_580));
    expect(released(journal, 3_600)).toBe(0);
    expect(released(journal, 3_700)).toBe(0);
    expect(released(journal, 7_180)).toBe(1);
  });
});

describe('Owned first', () => {
  const KINDS = ['CostsMore', 'DataElsewhere', 'SourcePreferred', 'BehindInQueue', 'GangIncomplete'];

  /** Owned nodes on which the granted work would have fitted when it was granted. */
  function ownedRoom(state: PartitionState, { allocation, at: when }: AllocationGranted['data']): readonly string[] {
    const request = state.queue.get(allocation.workloadId)?.request;
    if (!request) return [];
    const ask = askOf(request);
    const market = marketOf(state, when);
    return state.nodeIds.filter((nodeId) => {
      const one = state.nodes.get(nodeId);
      if (one?.terms.source !== 'owned') return false;
      const suiting = suit(one, ask, market);
      return 'suited' in suiting && lacking(one, ask, suiting.suited.places) === undefined;
    });
  }

  /** Expects a reason wherever an owned node was passed over; answers whether one was. */
  function checked(state: PartitionState, grant: AllocationGranted['data']): 0 | 1 {
    const { shares } = grant.allocation;
    const room = shares.some(({ source }) => source !== 'owned') ? ownedRoom(state, grant) : [];
    if (room.length === 0) return 0;
    const reasons = grant.candidates
      .filter(({ nodeId, verdict }) => room.includes(nodeId) && verdict === 'rejected')
      .map(({ reason = '' }) => reason);
    // A gang that took the owned nodes there are, and others besides, passed none over.
    const tookSome = shares.some(({ nodeId }) => room.includes(nodeId));
    if (!tookSome) expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(KINDS).toContain(reason);
    return 1;
  }

  const microUsd = fc.integer({ min: 0, max: 40_000_000 }).map(String);
  const job = fc.record({
    gpus: fc.constantFrom(0, 1, 1, 2, 4),
    gpuMilli: fc.constantFrom(250, 500, 1_000, 1_000),
    nodes: fc.constantFrom(1, 1, 1, 2),
    cpuMilli: fc.integer({ min: 0, max: 8_000 }),
    runtime: fc.constantFrom(60, 3_600, 86_400),
    data: fc.boolean(),
    reversed: fc.constantFrom(false, false, false, true),
  });
  const fleet = fc.record({
    owned: fc.array(fc.record({ gpus: fc.integer({ min: 1, max: 4 }), usd: fc.integer({ min: 0, max: 400_000 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    leased: fc.array(fc.record({ gpus: fc.integer({ min: 1, max: 4 }), perHour: microUsd }), { maxLength: 2 }),
    shared: fc.array(
      fc.record({
        gpus: fc.integer({ min: 1, max: 4 }),
        perHour: microUsd,
        health: fc.integer({ min: 1, max: 1_000 }),
      }),
      { maxLength: 1 },
    ),
  });

  function journalOf({ owned, leased, shared }: typeof fleet extends fc.Arbitrary<infer F> ? F : never): Journal {
    const journal = new Journal();
    journal.advance(
      0,
      prices(),
      routes(route('far', 'home'), route('far', 'near'), route('home', 'far')),
      adopted,
      ...owned.flatMap(({ gpus, usd }, i) => [node(`own${i}`, { gpus, cpuMilli: 16_000 }), bought(`own${i}`, usd)]),
      ...leased.map(({ gpus, perHour }, i) => node(`rent${i}`, { gpus, cpuMilli: 16_000, terms: rented(perHour) })),
      ...shared.map(({ gpus, perHour, health }, i) =>
        node(`peer${i}`, { gpus, cpuMilli: 16_000, terms: lent(perHour, health) }),
      ),
    );
    return journal;
  }

  it('no leased or shared GPU starts work while an owned one that fits is free, unless a reason is on record', () => {
    let passed = 0;
    // Many runs over each of some fleets: what is found out of a fleet is found out once.
    const fleets = fc.sample(fleet, { numRuns: 150, seed: 20_261_121 }).map((machines) => {
      const journal = journalOf(machines);
      // The mix of work is known before: what is tried again is no new demand.
      const asked = [1, 2, 4].map((gpus) => workload(`mix${gpus}`, { gpus, queued: 1 }));
      journal.advance(1, ...asked, workload('share', { gpuMilli: 250, queued: 1 }));
      journal.advance(2, ...['mix1', 'mix2', 'mix4', 'share'].map((workloadId) => over(workloadId, 2)));
      return journal.state;
    });
    fc.assert(
      fc.property(fc.constantFrom(...fleets), fc.array(job, { minLength: 1, maxLength: 4 }), (machines, jobs) => {
        const journal = new Journal();
        journal.state = machines;
        let { state } = journal;
        const wanted = jobs.map(({ data, reversed, ...options }, i) =>
          workload(`w${i}`, {
            ...options,
            attempt: 2,
            queued: 3,
            change: {
              ...(data ? { data: [{ uri: 's3://d', site: 'far', sizeGiB: 500 }] } : {}),
              placement: {
                sources: reversed ? ['shared', 'leased', 'owned'] : ['owned', 'leased', 'shared'],
                regions: [],
                simulated: true,
              },
            },
          }),
        );
        for (const event of journal.advance(3, ...wanted)) {
          if (event.type === 'drm.partition.allocation-granted') passed += checked(state, event.data);
          state = evolvePartition(state, event);
        }
      }),
      { numRuns: 5_000, seed: 20_261_121 },
    );
    // The property says something: such grants do happen.
    expect(passed).toBeGreaterThan(50);
  });

  it('follows from prices: what is rented at many times the owned price is never taken before the owned', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gpus: fc.integer({ min: 1, max: 8 }), usd: fc.integer({ min: 20_000, max: 100_000 }) }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        (owned, wanted) => {
          const journal = journalOf({ owned, leased: [{ gpus: 4, perHour: '400000000' }], shared: [] });
          let { state } = journal;
          for (const event of journal.advance(1, ...wanted.map((gpus, i) => workload(`w${i}`, { gpus, queued: 1 })))) {
            if (event.type === 'drm.partition.allocation-granted') {
              const isRented = event.data.allocation.shares.some(({ source }) => source === 'leased');
              if (isRented) expect(ownedRoom(state, event.data)).toEqual([]);
            }
            state = evolvePartition(state, event);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('stops where a price says so: what is rented for nothing is taken before what burns power', () => {
    const journal = journalOf({ owned: [{ gpus: 4, usd: 300_000 }], leased: [{ gpus: 4, perHour: '0' }], shared: [] });
    const [granted] = grants(journal.advance(1, workload('w', { gpus: 4, queued: 1 })));
    expect(granted?.allocation.shares[0]?.source).toBe('owned');
    const listed = granted?.candidates.map(({ nodeId, verdict }) => `${nodeId} ${verdict}`);
    expect(listed).toContain('rent0 runner-up');
  });
});
