/** Placement never gets worse unseen: on every trace that lies here, within 0.05 point of the floor that is kept. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openbFolder, traceNames } from '../openb-trace.mjs';
import { BINS, floor, standing } from './floor.mjs';
import { endSolver } from './ours.mjs';

const SLACK = 0.05;
after(endSolver);

const skip = openbFolder() ? false : 'no openb traces: set SOLYX_TRACES, or put them at ../shared/data';
test('placement holds its floor on the openb traces', { skip }, async (t) => {
  const kept = floor();
  for (const name of traceNames()) {
    if (kept[name] === undefined) continue;
    await t.test(name, async () => {
      const now = await standing(name);
      BINS.forEach((bin, at) => {
        const said = `${name} at ${bin} % of load: ${now[at]} %, the floor is ${kept[name][at]} %`;
        assert.ok(now[at] >= kept[name][at] - SLACK, said);
      });
    });
  }
});
