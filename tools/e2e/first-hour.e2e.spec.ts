import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isAlive, startPlane, until, type Ended, type Plane } from '../../scripts/lib/plane.cjs';

/** The first hour of a new user, word by word: the real launcher, the real command line, real processes. */
jest.setTimeout(600_000);

interface Job {
  readonly id: string;
  readonly name: string;
  readonly phase: string;
  readonly simulated: boolean;
  readonly shares: readonly { readonly source: string; readonly simulated: boolean }[];
}
const ENDED = ['Succeeded', 'Failed', 'Cancelled'];

describe('The first hour', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'solyx-first-hour-'));
  const dataDir = path.join(folder, 'data');
  let plane: Plane;

  beforeAll(async () => {
    plane = await startPlane({ dataDir });
  });
  afterAll(async () => {
    await plane.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const jobs = async (): Promise<readonly Job[]> => (await plane.json<{ jobs: Job[] }>(['ps', '--all'])).jobs;
  /** Events of the log so far, refusals left out: what a refused input must not add to. */
  const countFacts = async (): Promise<number> => {
    let [count, after] = [0, '-1'];
    for (let page = 0; page < 200; page += 1) {
      const { events } = await plane.request<{
        events: { edges: { node: { type: string; position: string } }[]; pageInfo: { hasNextPage: boolean } };
      }>(
        `query($after: Position) { events(first: 100, after: $after, types: ["cmo.job.", "gateway.request.job-submitted",
          "billing.budget.", "drm.partition.allocation"]) { edges { node { type position } } pageInfo { hasNextPage } } }`,
        { after: after === '-1' ? null : after },
      );
      count += events.edges.length;
      after = events.edges[events.edges.length - 1]?.node.position ?? after;
      if (!events.pageInfo.hasNextPage) return count;
    }
    throw new Error('the log is longer than this spec makes it');
  };
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  it('is welcomed with what runs, the key, what is simulated, and what to try', () => {
    const { url, apiKey } = plane.credentials();
    for (const word of [url, apiKey, 'SIMULATED', 'npx solyx run', 'Ctrl-C']) expect(plane.said).toContain(word);
  });

  it('runs a real process, streams its output, and prints its charge', async () => {
    const ran = await plane.solyx(['run', '--gpu', '0', '--', 'node', '-e', 'console.log(6*7)']);
    expect(ran).toMatchObject({ code: 0, out: '42\n' });
    expect(ran.err).toMatch(/Succeeded {2}charge \$0\.\d+/);
    expect(ran.err).not.toContain('simulated');
  });

  it('ends as the command ended, and keeps its two outputs apart', async () => {
    const ran = await plane.solyx(['run', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(ran).toMatchObject({ code: 7, out: 'out\n' });
    expect(ran.err).toMatch(/^err$/m);
    expect(ran.err).toContain('Failed (ExitedNonZero)');
  });

  it('labels what is simulated wherever it is shown', async () => {
    const ran = await plane.solyx(['run', '--gpu', '2', '--simulated', '--duration', '1s', '--', 'train']);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/^\[simulated\]/);
    expect(ran.err).toMatch(/train \(simulated\)[\s\S]*simulated$/m);
    const id = /job_\w+/.exec(ran.err)?.[0] ?? '';
    const shown = await Promise.all(
      [['ps'], ['why', id], ['bill', '--job', id], ['fleet'], ['offers']].map((w) => plane.solyx(w)),
    );
    for (const { code, out } of shown) {
      expect(code).toBe(0);
      expect(out).toMatch(/\(simulated\)|, simulated/);
    }
    expect(shown[1]?.out).toMatch(/chosen/);
    expect(shown[1]?.out).toMatch(/runner-up/);
    expect(shown[1]?.out).toMatch(/price -?\d+/);
  });

  it('plans without doing, and explains a route', async () => {
    const before = await jobs();
    expect((await plane.solyx(['plan', '--gpu', '8', '--simulated'])).out).toMatch(/would start now[\s\S]*per hour/i);
    expect((await plane.solyx(['why', 'route', 's3-eu', 'home'])).out).toMatch(/s3-eu → home .* taken/);
    expect(await jobs()).toEqual(before);
  });

  it('applies the job file of the README', async () => {
    expect(await plane.solyx(['apply', '-f', 'examples/hello.yaml', '--wait'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^hello from job_\w+\n$/) as string,
    });
  });

  it('is the same wish under the same key, and another one is refused', async () => {
    const wish = (text: string): Promise<Ended> =>
      plane.solyx(['run', '--idempotency-key', 'once', '--detach', '--json', '--', 'echo', text]);
    const [first, again] = [await wish('a'), await wish('a')].map(({ out }) => JSON.parse(out) as { job: Job });
    expect(again?.job.id).toBe(first?.job.id);
    expect(await wish('b')).toMatchObject({ code: 3, err: expect.stringContaining('IdempotencyKeyReused') as string });
    expect((await jobs()).filter(({ id }) => id === first?.job.id)).toHaveLength(1);
  });

  it('under a burst fills what is owned, then what is leased, and everything ends', async () => {
    const submit = `mutation($spec: Json!, $key: String!) { submitJob(spec: $spec, idempotencyKey: $key) {
      ... on JobAck { job { id } } ... on Refusal { reason } } }`;
    const wishes = Array.from({ length: 18 }, (_, index) => ({
      key: `burst-${index}`,
      spec: {
        ...{ solyx: 'v1', name: `burst-${index}`, run: ['train'], resources: { gpu: '4' } },
        ...{ placement: { simulated: true }, simulation: { duration: '12s' }, limits: { max_runtime: '1m' } },
      },
    }));
    await Promise.all(wishes.map((wish) => plane.request(submit, wish)));
    const burst = await until(
      async () => {
        const mine = (await jobs()).filter(({ name }) => name.startsWith('burst-'));
        return mine.length === wishes.length && mine.every(({ phase }) => ENDED.includes(phase)) && mine;
      },
      'every job of the burst has ended',
      180_000,
      1_000,
    );
    expect(burst.map(({ phase }) => phase)).toEqual(burst.map(() => 'Succeeded'));
    const sources = burst.map(({ shares }) => shares[0]?.source);
    // 48 GPUs are owned: twelve jobs of four fit on them at once, so the thirteenth is the first that leases.
    expect(sources.filter((source) => source === 'owned').length).toBeGreaterThanOrEqual(12);
    expect(sources).toContain('leased');
    expect((await plane.solyx(['fleet'])).out).toMatch(/leased \(simulated\)/);
  });

  it('shows the past as it was', async () => {
    const { events } = await plane.request<{ events: { edges: { node: { position: string } }[] } }>(
      `{ events(first: 1, types: ["gateway.request.job-submitted"]) { edges { node { position } } } }`,
    );
    const first = BigInt(events.edges[0]?.node.position ?? 0);
    const then = await plane.solyx(['at', String(first - 1n), 'ps']);
    expect(then).toMatchObject({ code: 0, out: 'No jobs then.\n' });
    expect((await plane.solyx(['at', '-1h', 'ps'])).out).toBe('No jobs then.\n');
    expect((await jobs()).length).toBeGreaterThan(20);
  });

  it('can be proved: the history leads to exactly this state', async () => {
    interface Verified {
      readonly complete: boolean;
      readonly same: boolean;
      readonly decisionsChecked: number;
      readonly decisionsDiffering: number;
      readonly views: readonly { readonly same: boolean; readonly rows: number }[];
    }
    const verified = await plane.json<Verified>(['replay', 'verify']);
    expect(verified).toMatchObject({ complete: true, same: true, decisionsDiffering: 0 });
    expect(verified.decisionsChecked).toBeGreaterThan(20);
    expect(verified.views.filter(({ rows }) => rows > 0).length).toBeGreaterThan(10);
  });

  it('charges what was held, once, with the events that prove it', async () => {
    interface Charge {
      readonly id: string;
      readonly jobId: string;
      readonly attempt: number;
      readonly totalMicroUsd: string;
      readonly lines: readonly { readonly amountMicroUsd: string; readonly positions: readonly string[] }[];
    }
    const started = (await jobs()).filter(({ phase, shares }) => ENDED.includes(phase) && shares.length > 0);
    // The charge follows the end, and what ran over the full hour has one for each part.
    const charges = await until(async () => {
      const found = (await plane.json<{ charges: Charge[] }>(['bill', '-n', '100'])).charges;
      const charged = new Set(found.map(({ jobId }) => jobId));
      return started.every(({ id }) => charged.has(id)) && found;
    }, 'every job that had a place is charged');
    expect(new Set(charges.map(({ id }) => id)).size).toBe(charges.length);
    expect(new Set(charges.map(({ jobId, attempt }) => `${jobId}/${attempt}`)).size).toBe(started.length);
    for (const { totalMicroUsd, lines } of charges) {
      const sum = lines.reduce((total, { amountMicroUsd }) => total + BigInt(amountMicroUsd), 0n);
      expect(sum.toString()).toBe(totalMicroUsd);
      for (const { positions } of lines) expect(positions.length).toBeGreaterThanOrEqual(2);
    }
  });

  it('answers every question as JSON too', async () => {
    const [{ id } = { id: '' }] = await jobs();
    const commands = [
      ...[
        ['ps'],
        ['job', id],
        ['why', id],
        ['why', 'route', 's3-eu', 'home'],
        ['fleet'],
        ['offers'],
        ['bill'],
        ['budget'],
      ],
      ...[['optimizer'], ['doctor'], ['parked'], ['schema'], ['plan', '--gpu', '1', '--simulated'], ['agent', 'token']],
      ...[['queue'], ['queue', 'show', 'default'], ['reservations'], ['scheduler'], ['eta', id]],
      ['eta', '-f', 'examples/hello.yaml'],
    ];
    for (const words of commands) expect(await plane.json(words)).toBeDefined();
  });

  describe('refuses bad input with code, reason and hint, and applies nothing of it', () => {
    let before: number;
    beforeAll(async () => {
      before = await countFacts();
    });
    afterAll(async () => {
      expect(await countFacts()).toBe(before);
    });
    const job = (lines: string): readonly string[] => [
      'apply',
      '-f',
      write('bad.yaml', `solyx: v1\nname: bad\nrun: [x]\n${lines}`),
    ];

    it.each<[string, () => readonly string[], number, RegExp]>([
      ['a torn YAML file', () => ['apply', '-f', write('torn.yaml', 'name: [a')], 64, /torn\.yaml/],
      ['an unknown field', () => job('prority: 7\n'), 64, /prority[\s\S]*priority/],
      ['GB in place of GiB', () => job('resources: { memory: 4GB }\n'), 64, /4GiB/],
      ['a number of cores that is none', () => job('resources: { cpu: many }\n'), 64, /cores/],
      ['money without its currency', () => ['run', '--budget', '2.00', '--', 'x'], 64, /USD/],
      ['a deadline that is none', () => ['run', '--deadline', 'soon', '--', 'x'], 64, /--deadline 6h/],
      [
        'a gang that needs more than it wants',
        () => ['run', '--nodes', '2', '--nodes-min', '3', '--', 'x'],
        64,
        /1 to 2/,
      ],
      ['a topology that is none', () => ['run', '--topology', 'galaxy', '--', 'x'], 64, /node, island, rack, site/],
      ['a queue without a quota', () => ['queue', 'set', 'empty'], 64, /nominal/],
      ['a node that is not there', () => ['cordon', 'node_none'], 3, /solyx fleet/],
      ['an eta of nothing', () => ['eta'], 64, /eta JOB/],
      ['a file that is not there', () => ['apply', '-f', '/nowhere.yaml'], 64, /nowhere\.yaml/],
      ['a job that is not there', () => ['why', 'job_000000000000000'], 1, /ps --all/],
      ['a stop of what is not there', () => ['stop', 'job_000000000000000'], 3, /ps --all/],
      ['an instant that is none', () => ['at', 'yesterdayish', 'ps'], 64, /-1m/],
      ['a change of the past', () => ['at', '-1m', 'run', '--', 'x'], 64, /without `at`/],
      ['a command that is none', () => ['fleeet'], 64, /Did you mean fleet/],
      ['a flag that is none', () => ['run', '--gpus', '1', '--', 'x'], 64, /Did you mean --gpu/],
      ['a count that is none', () => ['ps', '-n', 'many'], 64, /1 to 100/],
    ])('%s', async (_what, words, code, hint) => {
      for (const json of [[], ['--json']]) {
        const [command = '', ...rest] = words();
        const [instant = '', ...verb] = rest;
        const line =
          command === 'at'
            ? [command, instant, ...verb.slice(0, 1), ...json, ...verb.slice(1)]
            : [command, ...json, ...rest];
        const refused = await plane.solyx(line);
        expect(refused).toMatchObject({ code, out: '' });
        expect(refused.err).toMatch(hint);
        if (json.length === 0) continue;
        const { error } = JSON.parse(refused.err) as { error: Record<string, string> };
        for (const part of ['code', 'message', 'hint']) expect(error[part]).not.toBe('');
      }
    });

    it('a key that is wrong', async () => {
      const refused = await plane.solyx(['ps'], { env: { SOLYX_API_KEY: 'slx_test_wrong' } });
      expect(refused).toMatchObject({ code: 4, out: '', err: expect.stringContaining('Unauthenticated') as string });
    });

    it('a gateway that is not there', async () => {
      const refused = await plane.solyx(['ps'], { env: { SOLYX_URL: 'http://127.0.0.1:9' } });
      expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringContaining('npm start') as string });
    });
  });

  it('refuses a job that its budget cannot pay, before it takes a place', async () => {
    const refused = await plane.solyx([
      'run',
      '--gpu',
      '4',
      '--simulated',
      '--budget',
      '0.01 USD',
      '--duration',
      '5s',
      '--',
      'x',
    ]);
    // Its own budget is a deadline: it is stopped when the money is spent, and never costs more.
    expect(refused.code).not.toBe(0);
    const [spent = '0'] = /(?<=charge \$)[\d.]+/.exec(refused.err) ?? [];
    expect(Number(spent)).toBeLessThanOrEqual(0.01);
    expect((await plane.solyx(['budget', 'set', '0.00'])).code).toBe(0);
    const poor = await plane.solyx(['run', '--', 'true']);
    expect(poor).toMatchObject({
      code: 1,
      err: expect.stringContaining('Failed (BudgetExceeded)  no charge') as string,
    });
    expect((await plane.solyx(['budget', 'set', '100000.00'])).code).toBe(0);
  });

  it('says for what a job waits, and stops it when asked', async () => {
    let id = '';
    const waiting = plane.solyx(['run', '--gpu', 'NONESUCH:1', '--', 'true']);
    await until(async () => {
      const found = (await jobs()).find(({ name, phase }) => name === 'true' && phase === 'Queued');
      return (id = found?.id ?? '') !== '';
    }, 'the job waits');
    await until(async () => /waits/.test((await plane.solyx(['why', id])).out), 'it is said why');
    expect((await plane.solyx(['stop', id])).code).toBe(0);
    expect(await waiting).toMatchObject({ code: 2, err: expect.stringMatching(/It waits[\s\S]*Cancelled/) as string });
  });

  it('keeps a queue within its quota, says so, and lets it go on when it is raised', async () => {
    interface Queue {
      readonly id: string;
      readonly used: { readonly gpuMilli: number };
      readonly waiting: number;
      readonly budgets: readonly { readonly spentGpuMilliHours: number }[];
    }
    const queue = async (): Promise<Queue> => plane.json<Queue>(['queue', 'show', 'team']);
    const submit = (name: string): Promise<Ended> =>
      plane.solyx([
        ...[
          'run',
          '-d',
          '--name',
          name,
          '--queue',
          'team',
          '--gpu',
          '1',
          '--simulated',
          '--duration',
          '10m',
          '--',
          'x',
        ],
      ]);
    expect((await plane.solyx(['queue', 'set', 'team', '--gpu', '1', '--budget', '50 GPU-h/day'])).code).toBe(0);
    expect(await plane.solyx(['queue', 'set', 'team', '--gpu', '1', '--budget', '50 GPU-h/dya'])).toMatchObject({
      code: 64,
      err: expect.stringContaining('Did you mean day?') as string,
    });
    await submit('team-1');
    await submit('team-2');
    await until(async () => (await queue()).waiting === 1, 'the second job waits for the quota');
    expect((await queue()).used.gpuMilli).toBe(1000);
    const waiting = (await jobs()).find(({ name, phase }) => name === 'team-2' && phase === 'Queued')?.id ?? '';
    const why = await plane.solyx(['why', waiting]);
    expect(why.out).toMatch(/quota/i);
    expect((await plane.solyx(['queue', 'list'])).out).toMatch(/team +main +1 +1 /);
    expect((await plane.solyx(['eta', waiting])).code).toBe(0);
    expect((await plane.solyx(['queue', 'set', 'team', '--gpu', '2'])).code).toBe(0);
    await until(async () => (await queue()).used.gpuMilli === 2000, 'the second job runs as soon as the quota allows');
    for (const { id, phase } of (await jobs()).filter(({ name }) => name.startsWith('team-'))) {
      if (!ENDED.includes(phase)) await plane.solyx(['stop', id]);
    }
    expect((await plane.solyx(['queue', 'remove', 'team'])).code).toBe(0);
    expect(await plane.solyx(['queue', 'show', 'team'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('queue list') as string,
    });
  });

  it('keeps room for whom it was reserved, and gives it back when that is cancelled', async () => {
    const { id } = await plane.json<{ id: string }>([
      ...['reserve', '--name', 'demo', '--gpu', '8', '--start', '2h', '--for', '1h', '--simulated'],
    ]);
    expect((await plane.solyx(['reservations'])).out).toMatch(/demo \(simulated\) +Upcoming/);
    expect((await plane.solyx(['reservation', 'cancel', id])).code).toBe(0);
    expect((await plane.solyx(['reservations'])).out).toMatch(/Cancelled/);
    expect(await plane.solyx(['reservation', 'cancel', 'rsv_none'])).toMatchObject({ code: 3 });
    expect(await plane.solyx(['reserve', '--gpu', '1', '--end', '2020-01-01T00:00Z'])).toMatchObject({ code: 64 });
  });

  it('cordons, uncordons and drains a node, says what decides, and what a node was bought for', async () => {
    interface Node {
      readonly id: string;
      readonly simulated: boolean;
      readonly phase: string;
      readonly procurement: { readonly purchaseMicroUsd: string } | null;
    }
    const node = async (): Promise<Node | undefined> =>
      (await plane.json<{ nodes: Node[] }>(['fleet'])).nodes.find(({ simulated }) => simulated);
    const id = (await node())?.id ?? '';
    for (const [words, phase] of [
      [['cordon', id, '--reason', 'new fans'], 'Cordoned'],
      [['uncordon', id], 'Ready'],
      [['drain', id], 'Cordoned'],
      [['uncordon', id], 'Ready'],
    ] as const) {
      expect((await plane.solyx(words)).code).toBe(0);
      await until(async () => (await node())?.phase === phase, `${words[0]}: the node is ${phase}`);
    }
    const bought = ['--price', '250000.00 USD', '--purchased', '2026-01-31', '--months', '48'];
    expect((await plane.solyx(['node', 'procure', id, ...bought])).code).toBe(0);
    expect((await node())?.procurement?.purchaseMicroUsd).toBe('250000000000');
    const shown = await plane.solyx(['fleet']);
    expect(shown.out).toMatch(/FRAGMENTED +STRANDED/);
    expect((await plane.solyx(['scheduler'])).out).toMatch(/\/1 decides, since/);
  });

  it('lets a node of its own rest and leave, and refuses what it does not know', async () => {
    interface Node {
      readonly id: string;
      readonly simulated: boolean;
      readonly phase: string;
    }
    const nodes = async (): Promise<readonly Node[]> => (await plane.json<{ nodes: Node[] }>(['fleet'])).nodes;
    const own = (await nodes()).find(({ simulated }) => !simulated)?.id ?? '';
    expect((await plane.solyx(['agent', 'drain', own])).code).toBe(0);
    await until(
      async () => (await nodes()).some(({ id, phase }) => id === own && phase === 'Cordoned'),
      'the node takes no new work',
    );
    expect(await plane.solyx(['agent', 'drain', 'node_unknown'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('NodeUnknown') as string,
    });
  });

  const linux = process.platform === 'linux' ? it : it.skip;
  linux('leaves no orphan on Ctrl-C or when its launcher is killed, and finds everything again', async () => {
    const before = await jobs();
    const first = Object.values(plane.note().processes);
    expect(await plane.stop()).toBe(0);
    expect(first.filter(isAlive)).toEqual([]);

    plane = await startPlane({ dataDir });
    console.info(`second start: ready in ${plane.printed().seconds} s, ${plane.printed().mib} MiB`);
    expect((await jobs()).map(({ id, phase }) => [id, phase])).toEqual(before.map(({ id, phase }) => [id, phase]));
    const second = Object.entries(plane.note().processes);
    plane.child.kill('SIGKILL');
    await plane.ended;
    const left = (): readonly string[] => second.filter(([, pid]) => isAlive(pid)).map(([name]) => name);
    await until(() => left().length === 0, 'a killed launcher is followed', 60_000).catch(() => undefined);
    expect(left()).toEqual([]);

    plane = await startPlane({ dataDir });
    expect((await jobs()).length).toBe(before.length);
    expect(readFileSync(path.join(dataDir, 'credentials.json'), 'utf8')).toContain(plane.note().url);
  });
});
