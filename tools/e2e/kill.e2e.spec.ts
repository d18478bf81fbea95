import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from '../../scripts/lib/plane.cjs';

interface Report {
  readonly jobs: number;
  readonly kills: readonly { readonly name: string; readonly backMs: number; readonly servesMs: number }[];
  readonly lost: readonly string[];
  readonly ranTwice: readonly string[];
  readonly notRun: readonly string[];
  readonly charges: { readonly posted: number; readonly faults: readonly string[] };
  readonly loss: { readonly lostMs: number; readonly rerunMs: number };
  readonly verified: { readonly complete: boolean; readonly same: boolean; readonly decisionsDiffering: number };
  readonly faults: readonly string[];
}

const WITHIN_MS = 1_200_000;
jest.setTimeout(WITHIN_MS + 10_000);

describe('kill -9 of every process in turn, under load', () => {
  let report: Report;
  beforeAll(() => {
    const script = path.join(ROOT, 'scripts', 'chaos.mjs');
    const { stdout, stderr } = spawnSync(process.execPath, [script, '--json'], {
      encoding: 'utf8',
      timeout: WITHIN_MS,
    });
    const line = stdout.trim().split('\n').at(-1) ?? '';
    if (!line.startsWith('{')) throw new Error(`no report:\n${stderr}`);
    report = JSON.parse(line) as Report;
    console.info(stderr.trim());
  });

  it('brings each back, and each does its work again', () => {
    expect(report.kills.map(({ name }) => name).sort()).toEqual(
      [...['agent', 'billing', 'cmo', 'drm', 'eventstore', 'gateway', 'nats', 'optimizer', 'postgres', 'sdn']].sort(),
    );
  });
  it('loses nothing that was acknowledged', () => {
    expect(report.jobs).toBeGreaterThan(report.kills.length);
    expect([report.lost, report.notRun]).toEqual([[], []]);
  });
  it('runs no attempt of a job twice', () => expect(report.ranTwice).toEqual([]));
  it('charges each allocation once, for exactly what it held', () => {
    expect(report.charges.posted).toBeGreaterThan(report.kills.length);
    expect(report.charges.faults).toEqual([]);
  });
  it('runs the job of a lost machine elsewhere', () => expect(report.loss.rerunMs).toBeGreaterThan(0));
  it('keeps a history that leads to exactly its state', () => {
    expect(report.verified).toMatchObject({ complete: true, same: true, decisionsDiffering: 0 });
    expect(report.faults).toEqual([]);
  });
});
