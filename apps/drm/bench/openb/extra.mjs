/** Rows beyond the protocol, on the default trace: ties broken at random, a mix learnt on the way, power. */
import { fixed, mean, runBaseline, runSeeds, table } from './measure.mjs';
import { LearnsAsItGoes, RandomTies, SavesPower } from './ours.mjs';

/** Arrivals after which the mix and the prices are learnt again; from the last on they stay. */
const LESSONS = [20, 50, 100, 200, 500, 1_000];
const POWER_SEEDS = 3;
const LOADS = [30, 50, 80];

async function learningRuns({ trace }, seeds) {
  const lessons = new Map();
  for (const seed of seeds) lessons.set(seed, await LearnsAsItGoes.lessons(trace, trace.arrivalsOf(seed), LESSONS));
  return runSeeds(trace, seeds, (seed) => new LearnsAsItGoes(trace, seed, lessons.get(seed)));
}

function powerRows({ trace, learnt }, seeds) {
  const few = seeds.slice(0, POWER_SEEDS);
  const saving = runSeeds(trace, few, (seed) => new SavesPower(trace, seed, learnt), { power: true });
  const fgd = runBaseline('FGD', trace, few, { power: true });
  const kilowatts = (result) => LOADS.map((load) => fixed(result.watts[load] / 1000, 0));
  const lines = [
    ['FGD', ...kilowatts(fgd), fixed(fgd.at(130))],
    ['Solyx, watts priced', ...kilowatts(saving), fixed(saving.at(130))],
  ];
  console.log(`\n${table(['kW', ...LOADS.map((load) => `at ${load} %`), 'allocated at 130'], lines)}`);
  const saved = (load) => 100 * (1 - saving.watts[load] / fgd.watts[load]);
  const targets = { 30: { target: 14 }, 50: { target: 14 }, 80: {} };
  const rows = LOADS.map((load) => ({
    name: `default, watts priced: power below FGD at ${load} % of load`,
    value: saved(load),
    unit: '%',
    better: 'higher',
    ...targets[load],
    peer: { name: 'PWR+FGD, published model, best weight', value: { 30: 13.5, 50: 13.4, 80: 13.2 }[load] },
  }));
  rows.push({
    name: 'default, watts priced: allocated at 130 % of load',
    value: saving.at(130),
    unit: '%',
    better: 'higher',
    target: 95.5,
    peer: { name: 'FGD, same run', value: fgd.at(130) },
  });
  return { rows, power: { saving, fgd } };
}

export async function extraRows(base, seeds) {
  const { trace, learnt, policies } = base;
  const plain = policies.Solyx.at(130);
  const ties = runSeeds(trace, seeds, (seed) => new RandomTies(trace, seed, learnt));
  const online = await learningRuns(base, seeds);
  const fgdTies = mean(
    seeds.slice(0, POWER_SEEDS).map((seed) => runBaseline('FGD', trace, [seed], { ties: 'random' }).at(130)),
  );
  console.log(
    `\ndefault at 130 %: ${fixed(plain)}; ties at random ${fixed(ties.at(130))} (FGD ${fixed(fgdTies)}); ` +
      `mix learnt from the first 1,000 arrivals, none before ${fixed(online.at(130))}`,
  );
  const { rows, power } = powerRows(base, seeds);
  const row = (name, value, target, peer) => ({ name, value, unit: 'points', better: 'lower', target, peer });
  return {
    power,
    rows: [
      row('default, ties at random: lost at 130 % of load', plain - ties.at(130), 0.15, {
        name: 'FGD loses',
        value: policies.FGD.at(130) - fgdTies,
      }),
      row('default, mix learnt on the way from 1,000 arrivals: lost', plain - online.at(130), 0.1, {
        name: 'allocated at 130 %',
        value: online.at(130),
      }),
      ...rows,
    ],
  };
}
