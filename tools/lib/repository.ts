/** The files of this repository as the specs of `tools` see them: what is kept, not what is made from it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(__dirname, '..', '..');

const MADE = new Set(['node_modules', 'dist', '.git', '.nx', '.solyx', 'coverage']);

/** Every kept file below a folder, as paths from the root, with forward slashes, sorted. */
export function filesBelow(folder = ''): readonly string[] {
  const here = path.join(ROOT, folder);
  if (!existsSync(here)) return [];
  const entries = readdirSync(here, { withFileTypes: true }).filter(({ name }) => !MADE.has(name));
  const files = entries.flatMap((entry) => {
    const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(file);
    return entry.isFile() ? [file] : [];
  });
  return files.sort();
}

export const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

export const exists = (file: string): boolean => existsSync(path.join(ROOT, file));

/** A workspace: an app, a library, or these tools. */
export interface Project {
  /** Folder from the root, such as `apps/drm`. */
  readonly folder: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly dependencies: readonly string[];
  readonly manifest: Manifest;
}

export interface Manifest {
  readonly name: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly nx?: { readonly tags?: readonly string[] };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** All apps and libraries. */
export function projects(): readonly Project[] {
  return ['apps', 'libs'].flatMap((group) =>
    readdirSync(path.join(ROOT, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && exists(`${group}/${entry.name}/package.json`))
      .map((entry) => projectOf(`${group}/${entry.name}`)),
  );
}

function projectOf(folder: string): Project {
  const manifest = JSON.parse(textOf(`${folder}/package.json`)) as Manifest;
  const dependencies = Object.keys(manifest.dependencies ?? {});
  return { folder, name: manifest.name, tags: manifest.nx?.tags ?? [], dependencies, manifest };
}

/** Everything that a source names: imports, exports, requires, workers, and scripts started by path. */
export function namedIn(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '');
  return [...code.matchAll(/['"`]([^'"`\s]+)['"`]/g)].map(([, name]) => name ?? '');
}

/** The packages that a source imports, without their inner paths. */
export function packagesImportedBy(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '');
  const imports = [...code.matchAll(/^(?:import|export)\s+(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)].map(
    ([, name]) => name ?? '',
  );
  const packages = imports.filter((name) => !name.startsWith('.') && !name.startsWith('node:'));
  return packages.map((name) =>
    name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/'),
  );
}
