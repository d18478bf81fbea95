import { appendFileSync } from 'node:fs';
import { failureOf } from './report';
import { runScenario } from './run';
import { scenarioOf } from './scenario/scenario';
it('dbg', async () => {
  const from = Number(process.env['FROM'] ?? 0),
    n = Number(process.env['N'] ?? 8);
  for (let seed = from; seed < from + n; seed++) {
    const t = Date.now();
    const r = await runScenario(scenarioOf(seed));
    appendFileSync(
      process.env['OUT'] ?? '/tmp/evict-dbg.log',
      `${seed} ${r.profile} pre=${r.preemptions} dec=${r.decisionsChecked} cmp=${r.comparedWithOwned} ${JSON.stringify(r.jobs)} ${Date.now() - t}ms ${r.violation ? failureOf(r, undefined).slice(0, 3000) : 'ok'}\n`,
    );
  }
}, 1500000);
