import fc from 'fast-check';
import { backoffMs } from './backoff';
import { LineSplitter, type Piece } from './line-splitter';
import { parseGpuFacts, parseGpuSamples, shortModel } from './nvidia-smi';
import { parseStat } from './proc-stat';
import { endOf, fateOf } from './task-fate';

const split = (bytes: Buffer, cuts: readonly number[], from = 0, bytesMax = 16): readonly Piece[] => {
  const splitter = new LineSplitter(from, bytesMax);
  const edges = [from, ...cuts.filter((cut) => cut > from && cut < bytes.length).sort((a, b) => a - b), bytes.length];
  const pieces = edges.slice(1).flatMap((edge, index) => [...splitter.push(bytes.subarray(edges[index], edge))]);
  return [...pieces, ...splitter.end()];
};

describe('Line splitter', () => {
  const lines = fc
    .array(fc.string({ unit: 'grapheme', maxLength: 30 }).map((line) => line.replace(/[\r\n]/g, '')))
    .map((all) => Buffer.from(all.join('\n')));

  it('gives the lines', () =>
    expect(split(Buffer.from('one\r\ntwo\n\nfour'), []).map(({ text }) => text)).toEqual(['one', 'two', '', 'four']));
  it('gives a long line in pieces that end with a character', () => {
    const pieces = split(Buffer.from(`${'ä'.repeat(20)}\nend\n`), [], 0, 15);
    expect(pieces.map(({ text, partial }) => [text, partial])).toEqual([
      ['ä'.repeat(7), true],
      ['ä'.repeat(7), true],
      ['ä'.repeat(6), false],
      ['end', false],
    ]);
  });
  it('loses and doubles nothing, however the bytes arrive', () =>
    fc.assert(
      fc.property(lines, fc.array(fc.nat(400)), (bytes, cuts) => {
        const pieces = split(bytes, cuts);
        expect(pieces).toEqual(split(bytes, []));
        const whole = pieces.map(({ text, partial }) => (partial ? text : `${text}\n`)).join('');
        expect(whole.replace(/\n$/, '')).toBe(bytes.toString().replace(/\n$/, ''));
      }),
    ));
  it('gives the same pieces when it starts again behind any of them', () =>
    fc.assert(
      fc.property(lines, fc.nat(), (bytes, which) => {
        const all = split(bytes, []);
        const after = all[which % Math.max(1, all.length)]?.end ?? 0;
        expect(split(bytes, [], after)).toEqual(all.filter(({ offset }) => offset >= after));
      }),
    ));
});

describe('GPUs', () => {
  it.each([
    ['NVIDIA H200', 'H200'],
    ['NVIDIA H100 80GB HBM3', 'H100'],
    ['NVIDIA A100-SXM4-80GB', 'A100'],
    ['Tesla T4', 'T4'],
    ['NVIDIA L4', 'L4'],
    ['NVIDIA GeForce RTX 4090', 'RTX4090'],
    ['NVIDIA GeForce RTX 4070 Ti', 'RTX4070Ti'],
    ['NVIDIA RTX A6000', 'A6000'],
    ['NVIDIA RTX 6000 Ada Generation', 'RTX6000Ada'],
    ['', 'GPU'],
  ])('%s is a(n) %s', (name, model) => expect(shortModel(name)).toBe(model));

  it('are read from nvidia-smi', () =>
    expect(parseGpuFacts('0, NVIDIA H200, 143771, GPU-1a, 570.1\n1, NVIDIA H200, 143771, GPU-1b, 570.1\n')).toEqual({
      gpus: [
        { index: 0, model: 'H200', memoryMiB: 143771, uuid: 'GPU-1a' },
        { index: 1, model: 'H200', memoryMiB: 143771, uuid: 'GPU-1b' },
      ],
      driver: '570.1',
    }));
  it('leave out what the driver does not tell', () => {
    expect(parseGpuSamples('0, GPU-1a, [N/A], 12, 24576, 40, [N/A]')).toEqual([
      { index: 0, uuid: 'GPU-1a', memoryUsedMiB: 12, memoryTotalMiB: 24576, temperatureC: 40 },
    ]);
    expect(parseGpuFacts('No devices were found\n')).toEqual({ gpus: [] });
  });
});

describe('Processes', () => {
  it('are read from /proc, whatever they are called', () => {
    const line = '42 (a) b (c)) S 1 40 40 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 777 1000 55 18446744073709551615';
    expect(parseStat(line)).toEqual({ pid: 42, state: 'S', group: 40, startTicks: '777', residentPages: 55 });
    expect(parseStat('')).toBeUndefined();
    expect(parseStat('42 (cut')).toBeUndefined();
  });
});

describe('A task that is found', () => {
  const stop = { reason: 'Cancelled' };
  it('is begun only if it never was', () => {
    expect(fateOf({ begun: false, alive: false })).toEqual({ kind: 'begin' });
    expect(fateOf({ begun: true, alive: true })).toEqual({ kind: 'watch' });
    expect(fateOf({ begun: true, alive: false })).toMatchObject({ kind: 'ended', end: { reason: 'Lost' } });
  });
  it('has the end that its shim wrote', () =>
    expect(fateOf({ begun: true, alive: false, exitCode: 3 })).toEqual({ kind: 'ended', end: { exitCode: 3 } }));
  it('ended by us where we killed it with its shim', () =>
    expect(fateOf({ begun: true, alive: false, stop })).toEqual({
      kind: 'ended',
      end: { exitCode: 137, signal: 'SIGKILL', reason: 'Cancelled' },
    }));
  it('never begins once it was stopped', () =>
    expect(fateOf({ begun: false, alive: false, stop })).toMatchObject({
      kind: 'ended',
      end: { reason: 'Cancelled' },
    }));
  it('names the signal', () => {
    expect(endOf(143, undefined)).toEqual({ exitCode: 143, signal: 'SIGTERM' });
    expect(endOf(1, stop)).toEqual({ exitCode: 1, reason: 'Cancelled' });
  });
});

describe('Backoff', () => {
  it('is bounded, and grows', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, chance) => {
          const wait = backoffMs(attempt, 100, 5000, chance);
          expect(wait).toBeGreaterThanOrEqual(50);
          expect(wait).toBeLessThanOrEqual(5000);
        },
      ),
    ));
});
