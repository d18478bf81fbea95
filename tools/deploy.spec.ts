import { parse, parseAllDocuments } from 'yaml';
import { actionsOf, definedBy, includedBy, openBlocks, skeletonOf, valuesReadBy } from './lib/helm';
import { exists, filesBelow, projects, textOf } from './lib/repository';

type Json = Readonly<Record<string, unknown>>;

const COMPOSE = 'deploy/compose/compose.yaml';
const CHART = 'deploy/helm/solyx';
const SERVICES = projects()
  .filter(({ tags }) => tags.includes('type:service'))
  .map(({ folder }) => folder.split('/')[1] ?? '')
  .sort();
const CODE = filesBelow()
  .filter((file) => /^(apps|libs)\/[^/]+\/src\/.*\.ts$/.test(file) && !file.endsWith('.spec.ts'))
  .map(textOf)
  .join('\n');

const yaml = (file: string): Json => parse(textOf(file), { merge: true }) as Json;
const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((here, name) => (here as Json | undefined)?.[name], value);

/** Names of variables in the code: written out, a part that is filled in standing for one word, … */
const WRITTEN = [...CODE.matchAll(/SOLYX_[A-Z0-9_]*(?:\$\{[^}]+\}[A-Z0-9_]*)*/g)]
  .map(([name]) => name)
  .filter((name) => /[A-Z0-9]$/.test(name))
  .map((name) => name.replace(/\$\{[^}]+\}/g, '[A-Z0-9]+'));
/** … or derived by `readConfig` from the service and the member: `httpPort` of drm is SOLYX_DRM_HTTP_PORT. */
const KINDS_OF_SETTING = /\b(\w+): (?:text|secret|integer|boolean|url|port|choice|folder|file)\(/g;
const DERIVED = [...CODE.matchAll(KINDS_OF_SETTING)].map(
  ([, member = '']) => `SOLYX_[A-Z]+_${member.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
);
const VARIABLES = [...WRITTEN, ...DERIVED].map((pattern) => new RegExp(`^${pattern}$`));
const isVariable = (name: string): boolean => VARIABLES.some((known) => known.test(name));

describe('compose.yaml', () => {
  const services = at(yaml(COMPOSE), 'services') as Record<string, Json>;
  const ours = Object.entries(services).filter(([, service]) => service['build'] !== undefined && service['image']);
  const serviceOf = (service: Json): string => String(at(service, 'build.args.SERVICE'));

  it('runs every service of the repository, and the agent', () => {
    expect(ours.map(([name]) => name).sort()).toEqual([...SERVICES, 'agent', 'prepare'].sort());
  });

  it('builds each from the one Dockerfile, under its own name', () => {
    for (const [name, service] of ours) {
      expect(at(service, 'build.dockerfile')).toBe('deploy/Dockerfile');
      expect(exists(`apps/${serviceOf(service)}/package.json`)).toBe(true);
      if (name !== 'prepare') expect([name, service['image']]).toEqual([serviceOf(service), `solyx/${name}`]);
    }
  });

  it('waits only for services and reads only volumes and networks that it has', () => {
    const all = yaml(COMPOSE);
    for (const [name, service] of Object.entries(services)) {
      const awaited = Object.keys(service['depends_on'] ?? {});
      expect([name, awaited.filter((other) => !(other in services))]).toEqual([name, []]);
      const named = ((service['volumes'] ?? []) as string[]).map((volume) => volume.split(':')[0] ?? '');
      const missing = named.filter((volume) =>
        volume.startsWith('..') ? !exists(`deploy/${volume.slice(3)}`) : !(volume in (all['volumes'] as Json)),
      );
      expect([name, missing]).toEqual([name, []]);
    }
  });

  it('pins every image and holds no secret', () => {
    const images = Object.values(services).map((service) => String(service['image']));
    expect(images.filter((image) => !/^solyx\/[a-z]+$|:v?\d+(\.\d+)+/.test(image))).toEqual([]);
    expect(textOf(COMPOSE)).not.toMatch(/PASSWORD: +(?!\$\{)/);
  });

  it('sets only variables that the code reads', () => {
    const set = ours.flatMap(([, service]) => Object.keys((service['environment'] ?? {}) as Json));
    const solyx = set.filter((name) => name.startsWith('SOLYX_'));
    expect(solyx.length).toBeGreaterThan(10);
    expect(solyx.filter((name) => !isVariable(name))).toEqual([]);
  });

  it('publishes ports on this machine alone', () => {
    const ports = Object.values(services).flatMap((service) => (service['ports'] ?? []) as string[]);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });
});

describe('prepare.mjs', () => {
  it('prepares every service', () => {
    const [, list = ''] = /SERVICES = \[([^\]]*)\]/.exec(textOf('deploy/prepare.mjs')) ?? [];
    const names = list
      .split(',')
      .map((name) => name.trim().replace(/'/g, ''))
      .sort();
    expect(names).toEqual(SERVICES);
  });

  it('reads only variables that compose sets', () => {
    const used = [...textOf('deploy/prepare.mjs').matchAll(/\bPREPARE_[A-Z_]+/g)].map(([name]) => name);
    const set = Object.keys(at(yaml(COMPOSE), 'services.prepare.environment') ?? {});
    expect(set.filter((name) => !used.includes(name))).toEqual([]);
  });
});

describe('The Dockerfile', () => {
  const text = textOf('deploy/Dockerfile');

  it('copies only what exists and what the build may see', () => {
    const sources = [...text.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words = '']) =>
      words.split(' ').slice(0, -1),
    );
    const seen = textOf('deploy/Dockerfile.dockerignore').split('\n');
    expect(sources.filter((source) => !exists(source))).toEqual([]);
    expect(sources.filter((source) => !seen.includes(`!${source}`))).toEqual([]);
  });

  it('runs as an ordinary user', () => {
    expect(text.slice(text.lastIndexOf('FROM'))).toMatch(/^USER node$/m);
  });
});

describe('The chart', () => {
  const values = yaml(`${CHART}/values.yaml`);
  const templates = filesBelow(`${CHART}/templates`);
  const documents = templates.filter((file) => file.endsWith('.yaml'));

  it('deploys every service', () => {
    expect(Object.keys(values['services'] as Json).sort()).toEqual(SERVICES);
  });

  it('has values that its schema allows', () => {
    const schema = JSON.parse(textOf(`${CHART}/values.schema.json`)) as { required: string[] };
    expect(schema.required.filter((name) => !(name in values))).toEqual([]);
    for (const service of Object.values(values['services'] as Record<string, Json>)) {
      expect(Object.keys(service).sort()).toEqual(['replicas', 'resources']);
    }
  });

  it.each(templates)('closes every block it opens: %s', (file) => {
    expect(actionsOf(textOf(file)).length).toBeGreaterThan(0);
    expect(openBlocks(textOf(file))).toBe(0);
  });

  it.each(templates)('reads only values that exist: %s', (file) => {
    expect(valuesReadBy(textOf(file)).filter((path) => at(values, path) === undefined)).toEqual([]);
  });

  it('includes only what it defines', () => {
    const defined = templates.flatMap((file) => definedBy(textOf(file)));
    expect(templates.flatMap((file) => includedBy(textOf(file))).filter((name) => !defined.includes(name))).toEqual([]);
  });

  it.each(documents)('is YAML of known kinds around its actions: %s', (file) => {
    const parsed = parseAllDocuments(skeletonOf(textOf(file)), { uniqueKeys: false });
    expect(parsed.flatMap((document) => document.errors.map(({ message }) => message))).toEqual([]);
    const kinds = parsed.map((document) => at(document.toJS(), 'kind')).filter((kind) => kind !== undefined);
    expect(kinds.length).toBeGreaterThan(0);
    for (const kind of kinds) expect(KINDS).toContain(kind);
  });

  it('deploys with probes, a disruption budget, a network policy and no privileges', () => {
    const text = textOf(`${CHART}/templates/services.yaml`);
    const paths = [...text.matchAll(/path: (\/\w+)$/gm)].map(([, path]) => path ?? '');
    expect([...new Set(paths)].sort()).toEqual(['/live', '/metrics', '/ready']);
    expect(paths.filter((path) => !new RegExp(`['"\`]${path}['"\`]`).test(CODE))).toEqual([]);
    for (const word of [
      'startupProbe',
      'livenessProbe',
      'readinessProbe',
      'PodDisruptionBudget',
      'runAsNonRoot: true',
    ]) {
      expect(text).toContain(word);
    }
    expect(textOf(`${CHART}/templates/network-policies.yaml`)).toContain('kind: NetworkPolicy');
  });

  it('sets only variables that the code reads', () => {
    const text = textOf(`${CHART}/templates/services.yaml`).replaceAll('{{ $prefix }}', 'SOLYX_DRM');
    const set = [...text.matchAll(/name: (SOLYX_[A-Z_]+)/g)].map(([, name]) => name ?? '');
    expect(set.length).toBeGreaterThan(5);
    expect(set.filter((name) => !isVariable(name))).toEqual([]);
  });
});

const KINDS = ['ServiceAccount', 'Service', 'Deployment', 'PodDisruptionBudget', 'NetworkPolicy', 'Ingress'];

describe('Observability', () => {
  const alerts = yaml('deploy/observability/alerts.yaml') as { groups: { rules: Record<string, Json & string>[] }[] };
  const rules = alerts.groups.flatMap((group) => group.rules);
  const dashboard = JSON.parse(textOf('deploy/observability/grafana/solyx.json')) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
  const expressions = [
    ...rules.map((rule) => String(rule['expr'])),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];

  it('scrapes every service where compose runs it', () => {
    const targets = at(yaml('deploy/observability/prometheus.yaml'), 'scrape_configs.0.static_configs.0.targets');
    expect([...(targets as string[])].sort()).toEqual(SERVICES.map((name) => `${name}:8080`));
  });

  it('asks only for metrics that the code measures', () => {
    const asked = new Set(expressions.flatMap((expression) => expression.match(/\bsolyx_[a-z_]+/g) ?? []));
    expect([...asked].filter((name) => !CODE.includes(name))).toEqual([]);
    // Checks and their numbers are labels of one metric: each must be one that some check reports.
    const matchers = expressions.flatMap((expression) => [...expression.matchAll(/\b(check|detail)="(\w+)"/g)]);
    expect(matchers.length).toBeGreaterThan(0);
    const reported = ([, label, value]: readonly string[]): boolean =>
      label === 'check' ? CODE.includes(`name: '${value ?? ''}'`) : new RegExp(`\\b${value ?? ''}\\b`).test(CODE);
    expect(matchers.filter((matcher) => !reported(matcher)).map(([matcher]) => matcher)).toEqual([]);
  });

  it('alerts on late relays, late views and parked events, each with a page that exists', () => {
    const asked = rules.map((rule) => String(rule['expr'])).join('\n');
    for (const word of ['"relayLagSeconds"', '"lagSeconds"', '"parked"']) expect(asked).toContain(word);
    expect(rules.map((rule) => String(at(rule, 'annotations.runbook'))).filter((page) => !exists(page))).toEqual([]);
  });

  it.each(filesBelow('deploy').filter((file) => /\.ya?ml$/.test(file) && !file.includes('/templates/')))(
    'and all else is YAML: %s',
    (file) => {
      const faults = parseAllDocuments(textOf(file), { merge: true }).flatMap((document) => document.errors);
      expect(faults).toEqual([]);
    },
  );
});
