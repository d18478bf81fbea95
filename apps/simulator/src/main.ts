import 'reflect-metadata';
import { readArguments, USAGE, type Arguments } from './arguments';
import { failureOf, lineOf, Summary } from './report';
import { runScenario } from './run';
import { crowdOf, scenarioOf } from './scenario/scenario';
import { EXPORT_USAGE, runExport, runWhatIf, WHATIF_USAGE } from './whatif/command';

const PROGRESS_EVERY = 20;

function argumentsOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function main({ seeds, from, seed, jobs, verbose }: Arguments): Promise<void> {
  const begun = performance.now();
  const summary = new Summary();
  const [first, count] = seed === undefined ? [from, seeds] : [seed, 1];
  for (let done = 0; done < count; done += 1) {
    const one = first + done;
    const result = await runScenario(jobs === undefined ? scenarioOf(one) : crowdOf(one, jobs));
    summary.add(result);
    if (verbose || seed !== undefined) console.log(lineOf(result));
    else if ((done + 1) % PROGRESS_EVERY === 0) console.log(`${done + 1} of ${count} seeds`);
    if (!result.violation) continue;
    console.log(failureOf(result, jobs));
    process.exitCode = 1;
    break;
  }
  console.log(summary.text((performance.now() - begun) / 1000));
}

/** `whatif` and `export`: 2 where what was given is wrong, as for any command. */
async function tool(run: (words: readonly string[]) => Promise<string>, usage: string): Promise<void> {
  try {
    console.log(await run(process.argv.slice(3)));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
  }
}

const [command] = process.argv.slice(2);
if (command === 'whatif') void tool(runWhatIf, WHATIF_USAGE);
else if (command === 'export') void tool(runExport, EXPORT_USAGE);
else void main(argumentsOrExit());
