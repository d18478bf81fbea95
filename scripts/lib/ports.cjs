'use strict';
/** Ports of the loopback interface: finding a free one, waiting for one, and naming who holds one. */
const { randomInt } = require('node:crypto');
const { readFileSync, readdirSync, readlinkSync } = require('node:fs');
const net = require('node:net');

const HOST = '127.0.0.1';

/** Listens for a moment; resolves to the port, or rejects with EADDRINUSE. Port 0 asks the system for a free one. */
function claim(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const claimed = server.address().port;
      server.close(() => resolve(claimed));
    });
  });
}

/** Below those that systems hand out by themselves: such a port may be somebody's the moment after it was seen free. */
const FIRST = 15_000;
const COUNT = 17_000;
const TRIES_MAX = 50;

/** A port that was free a moment ago. */
async function freePort() {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = randomInt(FIRST, FIRST + COUNT);
    if (await isFree(port)) return port;
  }
  return claim(0);
}

/** Can this port be listened on now? */
const isFree = (port) =>
  claim(port).then(
    () => true,
    () => false,
  );

/** Does anything accept connections on this port? */
function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: HOST });
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** The socket inodes that listen on a port, as Linux lists them. */
function listeningInodes(port) {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text = '';
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      continue; // No such family on this machine.
    }
    for (const line of text.split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === '0A' && local.split(':')[1] === wanted) inodes.add(`socket:[${inode}]`);
    }
  }
  return inodes;
}

/** What /proc knows about a process, or undefined when it is not ours to see. */
function describe(pid) {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    return words.join(' ').slice(0, 120) || readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Who listens on a port: `{ pid, command }`, or undefined when nobody does or the system does not tell. */
function portOwner(port) {
  if (process.platform !== 'linux') return undefined;
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((candidate) => holdsOneOf(candidate, inodes));
  return pid === undefined ? undefined : { pid: Number(pid), command: describe(pid) };
}

/** Does this process have one of these sockets open? No, as far as we may see. */
function holdsOneOf(pid, inodes) {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(linkOf(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false; // The process ended, or belongs to someone else.
  }
}

/** What a link names; nothing when it went away meanwhile. */
function linkOf(file) {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

module.exports = { HOST, answers, describe, freePort, isFree, portOwner };
