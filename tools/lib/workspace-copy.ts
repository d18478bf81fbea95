/** A copy of the sources in a folder of its own, in which a generator may write and its output can be compiled and run. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './repository';

const COPIED = [
  'apps',
  'libs',
  'deploy',
  'docs',
  'scripts',
  'tsconfig.json',
  'tsconfig.base.json',
  'tsconfig.spec.json',
];
const ALSO = ['package.json', 'jest.preset.cjs', '.prettierrc.json', '.prettierignore'];
const LEFT_OUT = /[/\\](node_modules|dist|\.solyx)$/;

/** As much of Nx' tree as our generators use, on a disk. */
export interface Tree {
  read(file: string, encoding: 'utf-8'): string | null;
  write(file: string, text: string): void;
  exists(file: string): boolean;
  children(folder: string): string[];
}

export class WorkspaceCopy {
  readonly root = mkdtempSync(path.join(tmpdir(), 'solyx-generators-'));
  /** Every file that a generator wrote. */
  readonly written = new Set<string>();
  readonly tree: Tree = {
    read: (file) => (existsSync(this.at(file)) ? readFileSync(this.at(file), 'utf8') : null),
    exists: (file) => existsSync(this.at(file)),
    children: (folder) => readdirSync(this.at(folder)),
    write: (file, text) => {
      mkdirSync(path.dirname(this.at(file)), { recursive: true });
      writeFileSync(this.at(file), text);
      this.written.add(file);
    },
  };

  constructor() {
    for (const name of [...COPIED, ...ALSO]) {
      cpSync(path.join(ROOT, name), this.at(name), { recursive: true, filter: (from) => !LEFT_OUT.test(from) });
    }
    this.linkPackages();
  }

  /** The packages are shared with the repository, except ours, which lie in this copy. */
  private linkPackages(): void {
    mkdirSync(this.at('node_modules/@solyx'), { recursive: true });
    const packages = readdirSync(path.join(ROOT, 'node_modules')).filter((name) => name !== '@solyx');
    for (const name of packages) symlinkSync(path.join(ROOT, 'node_modules', name), this.at(`node_modules/${name}`));
    for (const group of ['apps', 'libs']) for (const name of readdirSync(this.at(group))) this.link(group, name);
  }

  /** What `npm install` does for a new workspace. */
  link(group: string, name: string): void {
    symlinkSync(this.at(`${group}/${name}`), this.at(`node_modules/@solyx/${name}`));
  }

  at(file: string): string {
    return path.join(this.root, file);
  }

  read(file: string): string {
    return readFileSync(this.at(file), 'utf8');
  }

  /** Runs a program of node_modules in the copy. */
  run(script: string, ...words: string[]): { readonly code: number | null; readonly output: string } {
    const command = [this.at(`node_modules/${script}`), ...words];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: this.root, encoding: 'utf8' });
    return { code: status, output: `${stdout}${stderr}` };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
