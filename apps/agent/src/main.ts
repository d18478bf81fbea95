import { SolyxError } from '@solyx/kernel';
import { Agent } from './agent';
import { readAgentConfig } from './config';

/** Exit code for what a person has to correct; supervisors need not try again. */
const EXIT_WRONG = 2;

function fail(thrown: unknown): never {
  const error = SolyxError.from(thrown);
  process.stderr.write(`agent: ${error.message} (${error.code}, ${error.reason})\n  ${error.hint}\n`);
  process.exit(error.code === 'InvalidArgument' ? EXIT_WRONG : 1);
}

async function run(): Promise<void> {
  // Read while this file is loaded: several programs may share a process, one environment after another.
  const config = readAgentConfig(require.main === module ? process.argv.slice(2) : [], process.env);
  const starting = Agent.start(config);
  const stop = (): void => {
    void starting
      .then((agent) => agent.stop())
      .then(() => process.exit(0))
      .catch(fail);
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, stop);
  await starting;
  process.send?.({ solyx: 'ready', service: 'agent' });
}

run().catch(fail);
