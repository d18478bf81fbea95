import path from 'node:path';
import { anchorOf, headingsOf, linksOf, tableOf } from './lib/markdown';
import { exists, filesBelow, namedIn, packagesImportedBy, projects, textOf, type Project } from './lib/repository';

const FILES = filesBelow();
const MARKDOWN = FILES.filter((file) => file.endsWith('.md'));
const PROJECTS = projects();
const isSpec = (file: string): boolean => /\.(spec|suite)\.ts$|\/src\/test\//.test(file);
const isSource = (file: string): boolean => /^(apps|libs)\/[^/]+\/src\/.*\.ts$/.test(file) && !file.endsWith('.d.ts');
const SOURCES = FILES.filter(isSource);
const PROSE_OR_CODE = /\.(ts|mjs|cjs|js|md|json|ya?ml|graphql|sql|sh|html|css|tpl)$|(^|\/)(Dockerfile|run)$/;

/** What a check found wrong; the list itself is the message. */
const expectNone = (faults: readonly string[]): void => {
  expect(faults).toEqual([]);
};

describe('Projects', () => {
  const LIBRARY = ['use', 'guarantees', 'limits', 'change it'];
  const SERVICE = ['hears', 'records', 'views', 'invariants'];

  const lacks = (headings: readonly string[], wanted: readonly string[]): readonly string[] =>
    wanted.filter((word) => !headings.some((heading) => heading.toLowerCase().includes(word)));

  const readmeFault = ({ folder, tags }: Project): string | undefined => {
    if (!exists(`${folder}/README.md`)) return `${folder} has no README.md`;
    const headings = headingsOf(textOf(`${folder}/README.md`)).slice(1);
    const [library, service] = [lacks(headings, LIBRARY), lacks(headings, SERVICE)];
    if (tags.includes('type:service'))
      return service.length > 0 ? `${folder}: no heading ${service.join()}` : undefined;
    if (folder.startsWith('libs/')) return library.length > 0 ? `${folder}: no heading ${library.join()}` : undefined;
    return library.length > 0 && service.length > 0 ? `${folder}: no heading ${library.join()}` : undefined;
  };

  it('each say what they are, under the same headings', () => {
    expectNone(PROJECTS.flatMap((project) => readmeFault(project) ?? []));
  });

  it('each declare what they import, to npm and to the compiler', () => {
    const faults = PROJECTS.flatMap(({ folder, name, dependencies }) => {
      const sources = SOURCES.filter((file) => file.startsWith(`${folder}/`) && !isSpec(file));
      const used = new Set(
        sources.flatMap((file) => packagesImportedBy(textOf(file))).filter((p) => /^@solyx\//.test(p)),
      );
      const { references = [] } = JSON.parse(textOf(`${folder}/tsconfig.json`)) as { references?: { path: string }[] };
      const referenced = references.map((reference) => path.posix.join(folder, reference.path));
      return [...used]
        .filter((dependency) => dependency !== name)
        .flatMap((dependency) => {
          const target = PROJECTS.find((project) => project.name === dependency)?.folder ?? '';
          return [
            ...(dependencies.includes(dependency) ? [] : [`${folder}/package.json does not name ${dependency}`]),
            ...(referenced.includes(target) ? [] : [`${folder}/tsconfig.json does not reference ${target}`]),
          ];
        });
    });
    expectNone(faults);
  });

  it('each import only packages that the root pins, and ship none that are for tests', () => {
    const root = JSON.parse(textOf('package.json')) as Record<string, Record<string, string> | undefined>;
    const [shipped, tested] = [root['dependencies'] ?? {}, root['devDependencies'] ?? {}];
    const ours = new Set([...PROJECTS.map(({ name }) => name), '@solyx/tools']);
    const isForTests = (file: string): boolean => isSpec(file) || /^(libs\/testing|apps\/simulator)\//.test(file);
    const may = (file: string, name: string): boolean => {
      if (ours.has(name)) return true;
      if (isForTests(file)) return name in shipped || name in tested;
      // A build without the tools of tests needs the types too.
      return name in shipped && !(`@types/${name}` in tested);
    };
    const faults = SOURCES.flatMap((file) =>
      packagesImportedBy(textOf(file))
        .filter((name) => !may(file, name))
        .map((name) => `${file} imports ${name}, which the root package.json does not name as it is used`),
    );
    expectNone([...new Set(faults)]);
  });

  it('hold no source that nothing uses', () => {
    expectNone(orphans());
  });
});

/** Sources that no entry point, spec or script leads to. */
function orphans(): readonly string[] {
  const known = new Set(SOURCES);
  const resolve = (from: string, name: string): string | undefined => {
    const base = path.posix.join(path.posix.dirname(from), name).replace(/\.(js|ts)$/, '');
    return [`${base}.ts`, `${base}/index.ts`].find((file) => known.has(file));
  };
  const outside = FILES.filter((file) =>
    /^(scripts|apps\/[^/]+\/(bench|bin)|libs\/[^/]+\/(bench|bin|scripts))\/.*js$/.test(file),
  );
  const compiled = outside.flatMap((file) =>
    [...textOf(file).matchAll(/([\w./-]*)dist\/([\w./-]+)\.js/g)].map((m) => m[2]),
  );
  const exported = PROJECTS.flatMap(({ folder, manifest }) =>
    JSON.stringify([manifest.exports, manifest.bin])
      .split('"')
      .map((name) => path.posix.join(folder, name)),
  );
  const isEntry = (file: string): boolean =>
    isSpec(file) ||
    /\/src\/(index|main)\.ts$/.test(file) ||
    exported.includes(file) ||
    compiled.some((name) => name !== undefined && file.endsWith(`/src/${name}.ts`));
  const reached = new Set<string>();
  const queue = SOURCES.filter(isEntry);
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const from = file;
    queue.push(...namedIn(textOf(from)).flatMap((name) => (name.startsWith('.') ? (resolve(from, name) ?? []) : [])));
  }
  return SOURCES.filter((file) => !reached.has(file));
}

describe('Events', () => {
  const kebab = (word: string): string => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const EVENTS = SOURCES.filter((file) => file.endsWith('.event.ts')).map((file) => {
    const [, type = '', version = ''] = /defineEvent\(\s*'([^']+)',\s*(\d+)/.exec(textOf(file)) ?? [];
    return { file, type, version: Number(version) };
  });
  const goldenOf = (type: string, version: number): string => `libs/contracts/golden/${type}.v${version}.json`;

  it('are found', () => {
    expect(EVENTS.length).toBeGreaterThan(0);
  });

  it('are named as their files are', () => {
    const faults = EVENTS.filter(({ file, type }) => {
      const [context = '', aggregate = '', fact = ''] = type.split('.');
      return file !== `libs/contracts/src/${context}/${kebab(aggregate)}/${fact}.event.ts`;
    });
    expectNone(faults.map(({ file, type }) => `${file} defines ${type}`));
  });

  it('keep a golden file for each version ever recorded', () => {
    const wanted = EVENTS.flatMap(({ type, version }) =>
      Array.from({ length: version }, (_, index) => goldenOf(type, index + 1)),
    );
    const present = FILES.filter((file) => file.startsWith('libs/contracts/golden/') && file.endsWith('.json'));
    expectNone(wanted.filter((file) => !present.includes(file)).map((file) => `${file} is missing`));
    expectNone(
      present.filter((file) => /\.v\d+\.json$/.test(file) && !wanted.includes(file)).map((f) => `${f}: no event`),
    );
  });
});

describe('Names', () => {
  const SERVICES = PROJECTS.filter(({ tags }) => tags.includes('type:service')).map(({ folder }) =>
    path.basename(folder),
  );
  const inService = new RegExp(`^apps/(${SERVICES.join('|')})/src/`);
  const contextOf = (file: string): string => inService.exec(file)?.[1] ?? '';

  it('of views carry their context and equal their files', () => {
    const views = SOURCES.filter((file) => inService.test(file) && file.endsWith('.projection.ts'));
    const faults = views.filter((file) => {
      const names = [...textOf(file).matchAll(/^ {2}name: '([^']+)'/gm)].map(([, name]) => name);
      const base = path.basename(file, '.projection.ts').replace(/-/g, '_');
      return names.length === 0 || !names.includes(`${contextOf(file)}_${base}`);
    });
    expectNone(faults.map((file) => `${file}: no projection named ${contextOf(file)}_… as the file is`));
  });

  it('of streams carry the context that alone writes them', () => {
    const domain = SOURCES.filter((file) => inService.test(file) && file.includes('/domain/') && !isSpec(file));
    const faults = domain.flatMap((file) =>
      [...textOf(file).matchAll(/^ {2}name: '([a-zA-Z]+)\.[a-zA-Z]+'/gm)]
        .filter(([, context]) => context !== contextOf(file))
        .map(([, context]) => `${file} writes ${context ?? ''}'s stream`),
    );
    expectNone(faults);
  });

  it('of files are in kebab-case', () => {
    const wrong = SOURCES.filter((file) => !/^[a-z0-9]+([.-][a-z0-9]+)*\.ts$/.test(path.basename(file)));
    expectNone(wrong);
  });
});

describe('Decisions', () => {
  const ADRS = FILES.filter((file) => /^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/.test(file));
  const STATUS = /^(Proposed|Accepted|Rejected|Superseded by (\d{4}))$/;
  const numberOf = (file: string): string => path.basename(file).slice(0, 4);

  const faultsOf = (file: string): readonly string[] => {
    const text = textOf(file);
    const [title = '', ...headings] = headingsOf(text);
    const [columns = [], , row = []] = tableOf(text);
    const [date = '', status = '', by = '', supersedes = ''] = row;
    const [, , successor] = STATUS.exec(status) ?? [];
    const named = [successor, ...(supersedes === 'none' ? [] : supersedes.split(/,\s*/))].filter(
      (n) => n !== undefined,
    );
    return [
      ...(title.startsWith(`${numberOf(file)}. `) ? [] : [`the title does not begin with ${numberOf(file)}.`]),
      ...(columns.join() === 'Date,Status,By,Supersedes' ? [] : ['no table Date, Status, By, Supersedes']),
      ...(/^\d{4}-\d{2}-\d{2}$/.test(date) ? [] : [`date ${date}`]),
      ...(STATUS.test(status) ? [] : [`status ${status}`]),
      ...(by === '' ? ['nobody decided'] : []),
      ...named.filter((n) => !ADRS.some((adr) => numberOf(adr) === n)).map((n) => `${n} does not exist`),
      ...['Context', 'Decision', 'Consequences', 'Alternatives']
        .filter((h) => !headings.includes(h))
        .map((h) => `no ${h}`),
    ].map((fault) => `${file}: ${fault}`);
  };

  it('have a title, a valid status and the four sections', () => {
    expectNone(ADRS.flatMap(faultsOf));
  });

  it('are numbered one after another', () => {
    expect(ADRS.map(numberOf)).toEqual(ADRS.map((_, index) => String(index + 1).padStart(4, '0')));
  });
});

describe('Documents', () => {
  const WITHIN = MARKDOWN.flatMap((file) =>
    linksOf(textOf(file))
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => {
        const [link = '', anchor = ''] = target.split('#');
        return { file, target, to: link === '' ? file : path.posix.join(path.posix.dirname(file), link), anchor };
      }),
  );

  it('link only to what exists', () => {
    const faults = WITHIN.filter(({ to, anchor }) => {
      if (!exists(to)) return true;
      return anchor !== '' && to.endsWith('.md') && !headingsOf(textOf(to)).map(anchorOf).includes(anchor);
    });
    expectNone(faults.map(({ file, target }) => `${file} links to ${target}`));
  });

  it('in docs/ are all linked from somewhere', () => {
    const linked = new Set(WITHIN.filter(({ file, to }) => file !== to).map(({ to }) => to.replace(/\/$/, '')));
    const pages = MARKDOWN.filter((file) => file.startsWith('docs/'));
    expectNone(pages.filter((file) => !linked.has(file) && !linked.has(path.posix.dirname(file))));
  });
});

describe('Nothing is left behind', () => {
  const ME = 'tools/tidy.spec.ts';
  const linesWith = (pattern: RegExp, files: readonly string[]): readonly string[] =>
    files
      .filter((file) => file !== ME)
      .flatMap((file) =>
        textOf(file)
          .split('\n')
          .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 80)}`] : [])),
      );
  const TEXT = FILES.filter((file) => PROSE_OR_CODE.test(file) && file !== 'package-lock.json');

  it('for later', () => {
    expectNone(linesWith(/\b(TODO|FIXME|XXX|HACK)\b/, TEXT));
  });

  it('that makes a run of the tests a lie', () => {
    expectNone(linesWith(/\b(describe|it|test)\.only\(|\b(fdescribe|fit)\(|\bdebugger;/, SOURCES));
  });

  it('of the machine it was written on', () => {
    expectNone(linesWith(/(^|[\s'"`(=:])\/(work|root|home|Users|tmp\/briefs)\//, TEXT));
  });

  it('of an address that only one network knows', () => {
    const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, { resolved?: string }> };
    const addressed = Object.entries(packages).filter(([, { resolved }]) => resolved?.includes('://'));
    expectNone(addressed.map(([name]) => name));
    expect(textOf('.npmrc')).not.toMatch(/registry\s*=/);
  });

  it('without a licence, or larger than a person reads', () => {
    expect(exists('LICENSE')).toBe(true);
    expectNone(MARKDOWN.filter((file) => textOf(file).split('\n').length > 400));
  });

  it('outside the folders that the README names', () => {
    const known = /^(apps|libs|bench|deploy|docs|examples|scripts|tools|\.ci)\/|^[^/]+$/;
    expectNone(FILES.filter((file) => !known.test(file)));
  });
});
