import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { CrashReport } from '../scripts/crash-rig.cjs';
import { isLinearizable, type Operation } from '../scripts/linearizability.cjs';

const LIBRARY = path.join(__dirname, '..');
const TSC = path.join(LIBRARY, '..', '..', 'node_modules', 'typescript-7', 'bin', 'tsc');
const CYCLES = 100;

describe('kill -9', () => {
  it('of the store and of PostgreSQL at random instants under load loses, repeats and halves nothing', async () => {
    // What is killed is the compiled program, and it must be the one of these sources.
    execFileSync(process.execPath, [TSC, '-b', LIBRARY]);
    const script = path.join(LIBRARY, 'scripts', 'crash-store.mjs');
    const words = [script, '--cycles', String(CYCLES), '--postgres-every', '10'];
    const { stdout } = await promisify(execFile)(process.execPath, words).catch(
      (error: unknown) => error as { stdout: string },
    );
    const report = JSON.parse(stdout) as CrashReport;
    expect(report).toMatchObject({ faults: [], kills: { store: 90, postgres: 10 } });
    expect(report.acknowledged).toBeGreaterThan(10 * CYCLES);
    expect(report.races).toBeGreaterThan(CYCLES);
  }, 600_000);
});

describe('The search for an order', () => {
  const append = (called: number, returned: number, id: string, expected: number, answer?: Operation['answer']) =>
    ({ kind: 'append', called, returned, id, expected, answer }) as const;
  const read = (called: number, returned: number, last: number) => ({ kind: 'read', called, returned, last }) as const;

  it('finds one where operations overlap', () => {
    const history = [
      append(0, 10, 'a', -1, { revision: 0 }),
      append(1, 9, 'b', -1, { current: 0 }),
      append(2, 20, 'c', 0, { revision: 1 }),
      read(15, 16, 0),
      read(15, 30, 1),
    ];
    expect(isLinearizable(history, ['a', 'c'])).toBe(true);
  });

  it('lets an append without an answer take effect late, or never', () => {
    const history = [append(0, Infinity, 'a', -1), append(5, 6, 'b', -1, { revision: 0 }), append(0, Infinity, 'c', 0)];
    expect(isLinearizable(history, ['b', 'c'])).toBe(true);
  });

  it('takes a repetition for what it is', () => {
    const history = [
      append(0, 1, 'a', -1, { revision: 0 }),
      append(2, 3, 'b', 0, { revision: 1 }),
      append(4, 5, 'a', -1, { revision: 0 }),
    ];
    expect(isLinearizable(history, ['a', 'b'])).toBe(true);
  });

  const BROKEN: readonly (readonly [string, readonly Operation[], readonly string[]])[] = [
    [
      'a refusal that knew of the future',
      [append(0, 1, 'a', -1, { current: 0 }), append(2, 3, 'b', -1, { revision: 0 })],
      ['b'],
    ],
    ['a read of the past', [append(0, 1, 'a', -1, { revision: 0 }), read(2, 3, -1)], ['a']],
    ['a read of what was undone', [read(0, 1, 0), append(2, 3, 'b', -1, { revision: 0 })], ['b']],
    [
      'an acknowledged append that is gone',
      [append(0, 1, 'a', -1, { revision: 0 }), append(2, 3, 'b', -1, { revision: 0 })],
      ['b'],
    ],
    [
      'an append that should have been refused',
      [append(0, 1, 'a', -1, { revision: 0 }), append(2, 3, 'b', 5, { revision: 1 })],
      ['a', 'b'],
    ],
    ['a refusal that was false', [append(0, 1, 'a', -1, { current: -1 })], []],
    ['an event from nowhere', [read(0, 1, 0)], ['x']],
  ];
  it.each(BROKEN)('finds none for %s', (_, history, final) => {
    expect(isLinearizable(history, final)).toBe(false);
  });
});
