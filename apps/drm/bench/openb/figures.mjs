/** The figures of the inflation bench: allocation by load, distance to the bound, admission by size, power. */
import { lines, marks, saveFigure } from '../svg.mjs';
import { SIZES } from '../inflation.mjs';
import { allocationOf, inOrderBound } from './lp-bound.mjs';

const COLORS = { Solyx: 0, FGD: 1, BestFit: 2, DotProd: 5, Random: 4 };
const FROM = 84;
const TO = 130;
const NAMES = { cpu: 'CPU only', share: 'part of a GPU', one: '1 GPU', few: '2 to 7 GPUs', eight: '8 GPUs' };

const points = (bins, from, to) =>
  Array.from({ length: to - from + 1 }, (_, step) => [from + step, bins[from + step]]).filter(([, y]) => y > 0);

async function allocationFigure({ trace, policies }) {
  const arrivals = trace.arrivalsOf(42);
  const { admitted } = await inOrderBound(trace, arrivals);
  const bound = allocationOf(trace, arrivals, admitted).allocation;
  const shown = Object.entries(policies).filter(([name]) => name in COLORS);
  const series = shown.map(([name, { bins }]) => ({
    name,
    color: COLORS[name],
    strong: name === 'Solyx',
    points: points(bins, FROM, TO),
  }));
  series.unshift({ name: 'in order at most', color: 3, dashed: true, points: points(bound, FROM, TO) });
  saveFigure(
    'placement-allocation',
    lines({
      label: 'simulated',
      title: 'How much of the GPUs is allocated as more is asked for',
      subtitle: 'openb default trace, 1,213 nodes, 6,212 GPUs; nothing is moved, nothing leaves; mean of seeds 42-51',
      x: { from: FROM, to: TO, ticks: [85, 90, 95, 100, 110, 120, 130], label: 'GPUs asked for, % of all' },
      y: { from: 82, to: 98, ticks: [82, 84, 86, 88, 90, 92, 94, 96, 98], label: 'GPUs allocated, %' },
      series,
    }),
  );
}

function gapFigure(traces) {
  const rows = traces.map(({ name, policies, publishedAt, bound }) => {
    const [fgd, solyx, most] = [publishedAt('FGD', 130), policies.Solyx.at(130), bound(130)];
    return {
      name,
      marks: [publishedAt('BestFit', 130), fgd, solyx, most],
      note: `${Math.round((100 * (solyx - fgd)) / (most - fgd))} %`,
    };
  });
  saveFigure(
    'placement-gap',
    marks({
      label: 'simulated',
      title: 'Distance to the in-order bound, ten traces',
      subtitle: 'allocated at 130 % of load; on the right, how much of what FGD leaves below the bound is taken',
      x: { from: 84, to: 99, ticks: [84, 86, 88, 90, 92, 94, 96, 98], label: 'GPUs allocated, %' },
      series: [
        { name: 'best fit, published', color: 2 },
        { name: 'FGD, published', color: 1 },
        { name: 'Solyx', color: 0 },
        { name: 'in order at most', color: 3 },
      ],
      rows,
    }),
  );
}

function sizesFigure({ policies }) {
  const rows = SIZES.map((size, at) => ({
    name: NAMES[size],
    marks: ['Random', 'BestFit', 'FGD', 'Solyx'].map((name) => policies[name].sizes[at]),
    note: `${(policies.Solyx.sizes[at] - policies.FGD.sizes[at]).toFixed(2)} pt`,
  }));
  saveFigure(
    'placement-sizes',
    marks({
      label: 'simulated',
      title: 'Nobody is starved for the headline: admission by size',
      subtitle: 'openb default trace, all arrivals up to 130 % of load; on the right, against FGD',
      x: { from: 40, to: 100, ticks: [40, 50, 60, 70, 80, 90, 100], label: 'jobs admitted, %' },
      series: [
        { name: 'random', color: 4 },
        { name: 'best fit', color: 2 },
        { name: 'FGD', color: 1 },
        { name: 'Solyx', color: 0 },
      ],
      rows,
    }),
  );
}

function powerFigure({ saving, fgd }) {
  const kilowatts = ({ watts }) => points(watts, 10, 100).map(([load, value]) => [load, value / 1000]);
  saveFigure(
    'placement-power',
    lines({
      label: 'simulated',
      title: 'Power when watts have a price',
      subtitle: 'openb default trace; power by the published model (a GPU that works draws its maximum)',
      x: { from: 10, to: 100, ticks: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100], label: 'GPUs asked for, % of all' },
      y: { from: 300, to: 1500, ticks: [300, 500, 700, 900, 1100, 1300, 1500], label: 'kW' },
      series: [
        { name: 'FGD', color: 1, points: kilowatts(fgd) },
        { name: 'Solyx, watts priced', color: 0, strong: true, points: kilowatts(saving) },
      ],
    }),
  );
}

/** Writes all of them. */
export async function inOrderFigures(traces, power) {
  const base = traces.find(({ name }) => name === 'default');
  if (base) {
    await allocationFigure(base);
    sizesFigure(base);
  }
  gapFigure(traces);
  if (power) powerFigure(power);
}
