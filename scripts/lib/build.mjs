/** Compiles what changed. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The native TypeScript compiler of this repository. */
export const tsc = (root) => [process.execPath, path.join(root, 'node_modules', 'typescript-7', 'bin', 'tsc')];

/** Runs the compiler with these words; rejects with its own report when it finds a fault. */
export async function compile(root, ...words) {
  const [node, script] = tsc(root);
  const child = spawn(node, [script, ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let report = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (report += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the sources do not compile:\n${report.trim()}`);
}

// Beside what was compiled, so that it goes with it.
const noteOf = (root) => path.join(root, 'libs', 'platform', 'dist', '.compiled');

/**
 * Were these projects compiled as they are now? To ask the compiler takes half a second, to look at the files a hundredth:
 * at name, size and time of every source and setting, and of what the compiler noted when it was done.
 */
export function isCompiled(root, projects) {
  const note = noteOf(root);
  return existsSync(note) && readFileSync(note, 'utf8') === sourcesOf(root, projects) + resultsOf(root);
}

/** Compiles these projects, and notes what was compiled. */
export async function compileProjects(root, projects) {
  const sources = sourcesOf(root, projects); // Before: what is edited meanwhile is not compiled.
  await compile(root, '-b', ...projects);
  writeFileSync(noteOf(root), sources + resultsOf(root));
}

function sourcesOf(root, projects) {
  const files = projectsIn(root).flatMap((project) => [
    ...['package.json', 'tsconfig.json'].map((name) => path.join(project, name)),
    ...filesIn(path.join(project, 'src')),
  ]);
  return hashOf([path.join(root, 'tsconfig.base.json'), ...files], projects.join());
}

const resultsOf = (root) => hashOf(projectsIn(root).map((project) => path.join(project, 'dist', '.tsbuildinfo')));

/** Name, size and time of each file, or that it is not there. */
function hashOf(files, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const file of files) {
    const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {};
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

const projectsIn = (root) =>
  ['apps', 'libs'].flatMap((group) =>
    readdirSync(path.join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(root, group, entry.name)),
  );

const filesIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    : [];
