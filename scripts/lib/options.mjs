/** The flags of `npm start`: few, each with a default that works, and each refused when it is not understood. */
import path from 'node:path';
import { parseArgs } from 'node:util';

const PORT_DEFAULT = 7800;
const PORTS_USED = 16;

export const USAGE = `npm start -- [options]
  --port <number>   first of ${PORTS_USED} ports on 127.0.0.1 (default ${PORT_DEFAULT}); 0 takes free ones
  --data <folder>   where everything is kept (default ./.solyx)
  --processes       one process per service, instead of all in one
  --no-simulated    no simulated fleet beside this machine's own GPUs
  --timings         show when each step of the start began and ended
  --help            show this`;

/**
 * Reads the command line.
 * @returns {{ port: number, dataDir: string, processes: boolean, simulated: boolean, timings: boolean, help: boolean }}
 */
export function parseOptions(argv, root) {
  const { values } = parseArgs({
    args: argv,
    options: {
      port: { type: 'string', default: String(PORT_DEFAULT) },
      data: { type: 'string', default: path.join(root, '.solyx') },
      processes: { type: 'boolean', default: false },
      'no-simulated': { type: 'boolean', default: false },
      timings: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || (port !== 0 && (port < 1024 || port > 65_535 - PORTS_USED))) {
    throw new Error(`--port must be 0, or a number from 1024 to ${65_535 - PORTS_USED}, not '${values.port}'`);
  }
  const dataDir = path.resolve(values.data);
  const { processes, timings, help } = values;
  return { port, dataDir, processes, simulated: !values['no-simulated'], timings, help };
}
