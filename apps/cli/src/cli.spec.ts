import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { accepted, parseAt, refusePast } from './cli-context';
import { CliError, EXIT, Refused } from './errors';
import { quantity, whole } from './numbers';
import { nameOf, readJobFile, specFromFlags, whenOf } from './job-file';
import { age, clockTime, labelled, milli, money, perMille, table, type Output } from './output';
import { readProfile } from './profile';
import { buildProgram, rewriteAt } from './program';

const plain: Output = {
  json: false,
  color: false,
  interactive: false,
  width: 80,
  out: () => undefined,
  talk: () => undefined,
  progress: () => undefined,
};

describe('an instant', () => {
  const now = new Date('2026-01-31T14:05:00.000Z');
  it('is a position when it is a number', () => expect(parseAt('4711', now)).toEqual({ position: '4711' }));
  it('is relative when it begins with a minus', () => expect(parseAt('-1m', now)).toEqual({ time: '-1m' }));
  it('is ISO 8601 otherwise', () =>
    expect(parseAt('2026-01-31T14:02:00Z', now)).toEqual({ time: '2026-01-31T14:02:00.000Z' }));
  it('is a time of today when it is a clock', () => expect(parseAt('14:02', now).time).toMatch(/:02:00\.000Z$/));
  it('is refused with examples when it is none of these', () =>
    expect(() => parseAt('yesterday-ish', now)).toThrow(expect.objectContaining({ code: 'Usage' }) as Error));
  it('may stand before any verb', () => {
    expect(rewriteAt(['at', '-1m', 'ps', '--json'])).toEqual(['--at=-1m', 'ps', '--json']);
    expect(rewriteAt(['ps'])).toEqual(['ps']);
    expect(() => rewriteAt(['at', '-1m'])).toThrow(CliError);
  });
});

describe('the past', () => {
  it('is refused where it would be passed over in silence', () => {
    for (const path of ['run', 'doctor', 'replay', 'logs', 'budget set', 'agent token', 'parked']) {
      expect(() => refusePast('-1m', path)).toThrow(CliError);
    }
    expect(() => refusePast('-1m', 'events tail')).not.toThrow();
    expect(() => refusePast(undefined, 'run')).not.toThrow();
  });
});

describe('a number', () => {
  it.each(['', 'abc', '-1', '1.5', '0', '101', '1e2', '99999999999'])('is refused when it is %p', (text) =>
    expect(() => whole('--first', text, { min: 1, max: 100 })).toThrow(/--first wants a whole number from 1 to 100/),
  );
  it('is what was typed otherwise', () => expect(whole('--first', '100', { min: 1, max: 100 })).toBe(100));
});

describe('a quantity', () => {
  it.each([
    ['6390000', 'milli-gpu-ms', '6.39 GPU-s'],
    ['3600000000', 'milli-core-ms', '3600 core-s'],
    ['6543360', 'mib-ms', '6.39 GiB-s'],
    ['1', 'mib-ms', '0 GiB-s'],
    ['12', 'gib', '12 GiB'],
    ['7', 'tokens', '7 tokens'],
  ])('of %s %s is read as %s', (count, unit, text) => expect(quantity(count, unit)).toBe(text));
});

describe('a job from flags', () => {
  it('is the job file that the flags stand for', () => {
    const spec = specFromFlags(['node', '-e', '1'], {
      gpu: 'H100:2',
      simulated: true,
      duration: '3s',
      budget: '2.00 USD',
    });
    expect(spec).toEqual({
      solyx: 'v1',
      name: 'node',
      kind: 'task',
      run: ['node', '-e', '1'],
      resources: { gpu: 'H100:2' },
      placement: { simulated: true },
      limits: { budget: '2.00 USD' },
      simulation: { duration: '3s' },
    });
  });
  it('says whose turn, by when, how near and how shared', () => {
    const flags = {
      queue: 'research',
      spot: true,
      nodes: '4',
      nodesMin: '2',
      topology: 'rack',
      deadline: '2027-01-31T18:00Z',
    };
    expect(specFromFlags(['x'], { ...flags, minRuntime: '10m', simulated: true })).toMatchObject({
      queue: 'research',
      nodes: '2..4',
      resources: { gpu: '0', topology: 'rack' },
      placement: { simulated: true, spot: true },
      limits: { min_runtime: '10m', deadline: '2027-01-31T18:00:00.000Z' },
    });
    expect(specFromFlags(['x'], { mig: '1g.10gb', gpu: '0', simulated: true })['resources']).toEqual({
      mig: '1g.10gb',
    });
    expect(specFromFlags(['x'], { mig: '1g.10gb', gpu: 'A100:2', simulated: true })['resources']).toEqual({
      mig: '1g.10gb',
      gpu: 'A100:2',
    });
    expect(() => specFromFlags(['x'], { nodes: '2', nodesMin: '3' })).toThrow(/--nodes-min wants .* 1 to 2/);
    expect(() => specFromFlags(['x'], { nodesMin: '3' })).toThrow(/--nodes wants/);
  });
  it('takes a time from now, or an instant', () => {
    const now = Date.UTC(2026, 0, 31, 12);
    expect(whenOf('--start', '6h', now)).toBe('2026-01-31T18:00:00.000Z');
    expect(whenOf('--start', '+2d', now)).toBe('2026-02-02T12:00:00.000Z');
    expect(whenOf('--start', '2026-01-31T19:00+01:00', now)).toBe('2026-01-31T18:00:00.000Z');
    for (const text of ['soon', '', '6', '-6h', '12:00'])
      expect(() => whenOf('--start', text, now)).toThrow(/--start wants/);
  });
  it('says which flag is wrong', () => {
    expect(() => specFromFlags(['x'], { nodes: 'two' })).toThrow(/--nodes/);
    expect(() => specFromFlags(['x'], { env: ['=1'] })).toThrow(/--env/);
  });
  it('always has a DNS label for a name', () => {
    fc.assert(fc.property(fc.string(), (word) => /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(nameOf([word]))));
  });
});

describe('a job file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'solyx-cli-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (text: string): string => {
    const path = join(folder, 'job.yaml');
    writeFileSync(path, text);
    return path;
  };
  it('is YAML', async () =>
    expect(await readJobFile(file('solyx: v1\nname: a\n'))).toEqual({ solyx: 'v1', name: 'a' }));
  it.each([
    ['a torn file', 'name: [a'],
    ['a repeated key', 'name: a\nname: b'],
    ['a list', '- a'],
    ['an alias bomb', `a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]`],
  ])('is refused when it is %s', async (_name, text) => {
    await expect(readJobFile(file(text))).rejects.toThrow();
  });
  it('is refused when it is missing or too large', async () => {
    await expect(readJobFile(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'Usage' });
    await expect(readJobFile(file(`a: ${'x'.repeat(70_000)}`))).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});

describe('what is printed', () => {
  it('lines up', () => {
    const text = table(
      plain,
      [
        { title: 'NAME', value: (row: { name: string; cost: number }) => row.name },
        { title: 'COST', value: (row) => row.cost, align: 'right' },
      ],
      [
        { name: 'long-name', cost: 1 },
        { name: 'b', cost: 100 },
      ],
    );
    expect(text.split('\n')).toEqual(['NAME       COST', 'long-name     1', 'b           100']);
  });
  it('never rounds money', () => {
    expect(money('1')).toBe('$0.000001');
    expect(money('1500000')).toBe('$1.50');
    expect(money(null)).toBe('–');
  });
  it('says what is not limited, and thousandths as people do', () =>
    expect([milli(null), milli(2500), perMille(81), perMille(1000)]).toEqual(['∞', '2.5', '8.1 %', '100 %']));
  it('names the day of a time only where that is not today', () => {
    const now = Date.UTC(2026, 0, 31, 12);
    expect(clockTime('2026-01-31T14:02:00.000Z', now)).toBe('14:02');
    expect(clockTime('2026-02-01T00:30:00.000Z', now)).toBe('1 Feb 00:30');
  });
  it('labels what is simulated', () => expect(labelled('owned', true)).toBe('owned (simulated)'));
  it('counts time in the largest useful unit', () =>
    expect([3, 240, 7_800, 200_000].map((s) => age(new Date(0).toISOString(), s * 1000))).toEqual([
      '3 s',
      '4 min',
      '2 h 10 min',
      '2 d',
    ]));
});

describe('a refusal', () => {
  const refusal = {
    __typename: 'Refusal',
    code: 'Refused',
    reason: 'BudgetExceeded',
    message: 'no',
    hint: 'raise it',
    details: {},
  } as const;
  it('ends with exit code 3, and says what to do', () => {
    expect(() => accepted(refusal)).toThrow(Refused);
    expect(new Refused(refusal)).toMatchObject({ exitCode: EXIT.refused, hint: 'raise it' });
  });
});

describe('credentials', () => {
  const folder = mkdtempSync(join(tmpdir(), 'solyx-cli-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, '.solyx'));
  mkdirSync(join(folder, 'a', 'b'), { recursive: true });
  const path = join(folder, '.solyx', 'credentials.json');
  it('are found in this folder or one above it', () => {
    writeFileSync(path, JSON.stringify({ url: 'http://127.0.0.1:1/', apiKey: 'k' }));
    expect(readProfile({}, join(folder, 'a', 'b'))).toEqual({ url: 'http://127.0.0.1:1', key: 'k', from: path });
  });
  it('come from the environment first', () =>
    expect(readProfile({ SOLYX_URL: 'http://x', SOLYX_API_KEY: 'y' }, folder)).toMatchObject({
      url: 'http://x',
      key: 'y',
    }));
  it('are asked for when the file is torn', () => {
    writeFileSync(path, '{');
    expect(() => readProfile({}, folder)).toThrow(expect.objectContaining({ exitCode: EXIT.login }) as Error);
  });
});

describe('every command', () => {
  it('has --json and a description', () => {
    const program = buildProgram(new AbortController().signal, {});
    const walk = (commands: typeof program.commands): typeof program.commands =>
      commands.flatMap((command) => [command, ...walk([...command.commands])]);
    for (const command of walk([...program.commands])) {
      expect(command.description()).not.toBe('');
      expect(command.options.map(({ long }) => long)).toEqual(
        expect.arrayContaining(['--json', '--at', '--idempotency-key']),
      );
    }
  });
});
