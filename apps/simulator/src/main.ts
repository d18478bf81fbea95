import 'reflect-metadata';
import { readArguments, USAGE, type Arguments } from './arguments';
import { failureOf, lineOf, Summary } from './report';
import { runScenario } from './run';
import { crowdOf, scenarioOf } from './scenario/scenario';

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

void main(argumentsOrExit());
