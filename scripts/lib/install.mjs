/** Brings node_modules to what the lock file says, only when something is missing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const NODE_MIN = [20, 19];

/** Refuses a Node.js that the packages below do not run on, in plain words. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  throw new Error(
    `Solyx needs Node.js ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}. See nodejs.org.`,
  );
}

/** The packages of a lock file: folder to entry, the root itself and the workspaces' links left out. */
function packagesOf(file) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(packages).filter(([folder, entry]) => folder.includes('node_modules/') && !entry.link);
}

/** Is this native package meant for the machine we are on? */
function fits({ os, cpu }) {
  const ours = (list, mine) => !list || list.includes(mine);
  return ours(os, process.platform) && ours(cpu, process.arch);
}

/**
 * Must this entry be installed? A native package is optional by name, yet its owner cannot work without it; where one
 * is offered per C library, npm's choice is trusted.
 */
function isNeeded(entry, dev) {
  if (entry.dev && !dev) return false;
  if (!entry.optional && !entry.devOptional) return true;
  return entry.optional === true && entry.os !== undefined && fits(entry) && entry.libc === undefined;
}

/**
 * What a command needs and node_modules lacks.
 * @returns {{ missing: string[], hasDev: boolean }} folders; whether development packages are installed already
 */
export function inspect(root, { dev }) {
  const note = path.join(root, 'node_modules', '.package-lock.json'); // What npm last installed, written by npm.
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  const present = new Map(existsSync(note) ? packagesOf(note) : []);
  const lacks = ([folder, entry]) => isNeeded(entry, dev) && present.get(folder)?.version !== entry.version;
  const missing = wanted.filter(lacks).map(([folder]) => folder);
  return { missing, hasDev: [...present.values()].some((entry) => entry.dev) };
}

/** Installs what is missing. A first install is `npm ci`; a later one only adds, since others may be running from it. */
export async function install(root, { dev, say }) {
  const { missing, hasDev } = inspect(root, { dev });
  if (missing.length === 0 && workspacesAreLinked(root)) return;
  const fresh = !existsSync(path.join(root, 'node_modules', '.package-lock.json'));
  // Without this, a later `npm start` would take the test tools away again.
  const omit = dev || hasDev ? [] : ['--omit=dev'];
  say(`installing ${missing.length} packages (${fresh ? 'first start' : 'the lock file changed'})`);
  await runNpm(root, [fresh ? 'ci' : 'install', ...omit, '--no-fund', '--no-audit', '--loglevel=error']);
}

/** Does every workspace have its link in node_modules? A new project needs one. */
function workspacesAreLinked(root) {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const links = Object.entries(packages).filter(([, entry]) => entry.link);
  return links.every(([folder]) => existsSync(path.join(root, folder)));
}

/** Runs npm, the very one that started us where there is one. */
async function runNpm(root, words) {
  const script = process.env.npm_execpath;
  const [command, before] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
  const shell = process.platform === 'win32' && command === 'npm';
  const child = spawn(command, [...before, ...words], { cwd: root, stdio: ['ignore', 2, 2], shell });
  const [code] = await once(child, 'close'); // A command that cannot be found rejects here.
  if (code !== 0) throw new Error(`npm ${words.join(' ')} failed; see above.`);
}
