import { packNode, shape } from '../../test/packing';
import { Columns } from './columns';

describe('Columns', () => {
  it('are all free at first', () => {
    const columns = new Columns([packNode(2), packNode(0, { model: '', cpuMilli: 8_000 })]);
    expect(columns.freeOn(0)).toEqual({ gpuFree: Int32Array.of(1000, 1000), cpuFree: 96_000, memoryFree: 393_216 });
    expect(columns.freeOn(1)).toEqual({ gpuFree: Int32Array.of(), cpuFree: 8_000, memoryFree: 393_216 });
    expect([...columns.milli, ...columns.whole]).toEqual([2000, 0, 2, 0]);
  });

  it('are as before once what was taken is given back', () => {
    const columns = new Columns([packNode(4)]);
    const before = columns.freeOn(0);
    columns.change(0, shape(1, 470), [3], 1);
    columns.change(0, shape(2), [0, 1], 1);
    expect([...(columns.freeOn(0).gpuFree as Int32Array)]).toEqual([0, 0, 1000, 530]);
    expect([columns.milli[0], columns.whole[0]]).toEqual([1530, 1]);
    columns.change(0, shape(2), [0, 1], -1);
    columns.change(0, shape(1, 470), [3], -1);
    expect(columns.freeOn(0)).toEqual(before);
    expect([columns.milli[0], columns.whole[0]]).toEqual([4000, 4]);
  });

  it('tell whether a node is otherwise than it was', () => {
    const columns = new Columns([packNode(1)]);
    expect(columns.set(0, { gpuFree: [1000], cpuFree: 96_000, memoryFree: 393_216 })).toBe(false);
    expect(columns.set(0, { gpuFree: [400], cpuFree: 96_000, memoryFree: 393_216 })).toBe(true);
    expect([columns.milli[0], columns.whole[0]]).toEqual([400, 0]);
  });
});
