/** Who listens where: one first port, the others counted from it, all tested before anything starts. */
import { freePort, isFree, portOwner } from './ports.mjs';

/** The services that one launcher hosts, in the order in which they start. */
export const SERVICES = ['gateway', 'drm', 'cmo', 'sdn', 'billing', 'optimizer'];

/** Everything that shows /live, /ready and /metrics on a port of its own. */
const OBSERVED = [...SERVICES, 'agent', 'eventstore'];

/**
 * The ports of this run. `first` 0 takes free ones.
 * @returns {Promise<{ http: number, nats: number, postgres: number, eventstore: number, health: Record<string, number> }>}
 *   rejects with a message that names each port in use and its owner
 */
export async function planPorts(first) {
  const names = ['http', 'nats', 'postgres', 'eventstore', ...OBSERVED.map((name) => `health of ${name}`)];
  const ports = first === 0 ? await distinctFreePorts(names.length) : names.map((_, index) => first + index);
  const faults = [];
  for (const [index, port] of ports.entries()) {
    if (await isFree(port)) continue;
    const owner = portOwner(port);
    const by = owner ? `process ${owner.pid} (${owner.command})` : 'another process';
    faults.push(`  port ${port}, meant for ${names[index]}, is in use by ${by}`);
  }
  if (faults.length > 0) {
    throw new Error(`${faults.join('\n')}\nStop it, or choose other ports: npm start -- --port ${first + 100}`);
  }
  const [http, nats, postgres, eventstore, ...health] = ports;
  return { http, nats, postgres, eventstore, health: Object.fromEntries(OBSERVED.map((name, i) => [name, health[i]])) };
}

/** So many free ports, no two alike. */
async function distinctFreePorts(count) {
  const ports = new Set();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
