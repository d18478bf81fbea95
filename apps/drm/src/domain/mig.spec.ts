import fc from 'fast-check';
import {
  COMPUTE_SLICES,
  MEMORY_SLICES,
  MIG_TABLE,
  maskOf,
  migMilliOf,
  migProfileOf,
  migSlots,
  SLICE_MILLI,
} from './mig';

const H100 = { model: 'H100', memoryMiB: 81_920 };
const A100_40 = { model: 'A100', memoryMiB: 40_960 };

describe('The table of MIG profiles', () => {
  it.each(MIG_TABLE.map((one) => [`${one.model} to ${one.memoryMax} MiB`, one] as const))(
    'of %s fits into 7 compute and 8 memory slices',
    (_, { profiles }) => {
      for (const { compute, memory, starts } of profiles) {
        expect(compute).toBeLessThanOrEqual(COMPUTE_SLICES);
        for (const start of starts) expect(start + memory).toBeLessThanOrEqual(MEMORY_SLICES);
      }
    },
  );

  it('has the names of each size of memory', () => {
    expect(migProfileOf(A100_40, '1g.5gb')).toMatchObject({ compute: 1, memory: 1 });
    expect(migProfileOf(A100_40, '1g.10gb')).toMatchObject({ compute: 1, memory: 2 });
    expect(migProfileOf({ model: 'A100', memoryMiB: 81_920 }, '1g.10gb')).toMatchObject({ compute: 1, memory: 1 });
    expect(migProfileOf(H100, '3g.40gb')).toMatchObject({ starts: [0, 4] });
    expect(migProfileOf({ model: 'H200', memoryMiB: 144_384 }, '7g.141gb')).toMatchObject({ memory: 8 });
    expect(migProfileOf({ model: 'L4', memoryMiB: 23_034 }, '1g.5gb')).toBeUndefined();
  });

  it('says what a slice counts for, the smallest where its name means several', () => {
    expect(migMilliOf('1g.10gb', {})).toBe(125);
    expect(migMilliOf('1g.10gb', { gpuModel: 'A100' })).toBe(125);
    expect(migMilliOf('1g.5gb', {})).toBe(125);
    expect(migMilliOf('3g.20gb', {})).toBe(500);
    expect(migMilliOf('7g.80gb', { gpuModel: 'H100' })).toBe(1000);
    expect(migMilliOf('1g.10gb', { gpuModel: 'L4' })).toBeUndefined();
  });
});

describe('A slice', () => {
  const profile = (name: string) => migProfileOf(H100, name)!;
  const starts = (name: string, used: number) => migSlots(H100, profile(name), used, true).map(({ start }) => start);

  it('is cut where it spoils the least', () => {
    // The eighth memory slice is of no use to small ones, so the seventh goes first: 4g + 2g still fit beside it.
    expect(starts('1g.10gb', 0)[0]).toBe(6);
    expect(starts('3g.40gb', 0)).toEqual([4, 0]);
    expect(starts('4g.40gb', maskOf(0, 1))).toEqual([]);
  });

  it('is one that exists, on a real GPU', () => {
    const gpu = { ...H100, migInstances: [{ profile: '1g.10gb', start: 3, uuid: 'MIG-a' }] };
    expect(migSlots(gpu, profile('1g.10gb'), 0, false)).toEqual([{ start: 3, uuid: 'MIG-a' }]);
    expect(migSlots(gpu, profile('2g.20gb'), 0, false)).toEqual([]);
    expect(migSlots(H100, profile('1g.10gb'), 0, false)).toEqual([]);
  });

  it('never overlaps another, and never uses more compute than there is, whatever is asked for in whatever order', () => {
    let full = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...MIG_TABLE),
        fc.array(fc.tuple(fc.nat(5), fc.nat(6)), { minLength: 1, maxLength: 12 }),
        ({ model, memoryMax, profiles }, wishes) => {
          const gpu = { model, memoryMiB: memoryMax };
          let used = 0;
          let compute = 0;
          for (const [which, choice] of wishes) {
            const wanted = profiles[which]!;
            const slots = migSlots(gpu, wanted, used, true);
            const slot = slots[choice % Math.max(1, slots.length)];
            if (!slot) continue;
            const mask = maskOf(slot.start, wanted.memory);
            expect(used & mask).toBe(0);
            expect(wanted.starts).toContain(slot.start);
            used |= mask;
            compute += wanted.compute;
          }
          expect(used).toBeLessThan(1 << MEMORY_SLICES);
          expect(compute).toBeLessThanOrEqual(COMPUTE_SLICES);
          if (compute === COMPUTE_SLICES) full += 1;
        },
      ),
      { numRuns: 2_000 },
    );
    expect(full).toBeGreaterThan(50);
    expect(SLICE_MILLI * MEMORY_SLICES).toBe(1_000);
  });
});
