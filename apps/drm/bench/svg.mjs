/** A small writer of figures: lines, and marks along rows. Read on light and on dark ground alike; no script, no font to load. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../docs/figures');
const WIDTH = 760;
const MARGIN = { top: 64, right: 150, bottom: 48, left: 64 };

const LIGHT = {
  ground: '#ffffff',
  text: '#1f2328',
  faint: '#656d76',
  grid: '#d8dee4',
  colors: ['#0969da', '#bc4c00', '#8250df', '#1a7f37', '#6e7781', '#bf3989'],
};
const DARK = {
  ground: '#0d1117',
  text: '#e6edf3',
  faint: '#9198a1',
  grid: '#30363d',
  colors: ['#58a6ff', '#f0883e', '#bc8cff', '#3fb950', '#8b949e', '#ff7bbd'],
};

/** Plain selectors: not every reader of SVG knows variables. */
const paint = ({ ground, text, faint, grid, colors }) =>
  [
    `.ground { fill: ${ground} } .text { fill: ${text} } .faint { fill: ${faint} } .grid { stroke: ${grid} }`,
    ...colors.map(
      (color, at) =>
        `.c${at} .line, .c${at} .kept { stroke: ${color} } .c${at} .mark, .c${at} .name, .c${at} .bar { fill: ${color} }`,
    ),
  ].join('\n');

/** Light, or dark where the reader prefers it. */
const STYLE = `
${paint(LIGHT)}
@media (prefers-color-scheme: dark) {
${paint(DARK)}
}
text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif } .title { font-size: 16px; font-weight: 600 }
.line { fill: none; stroke-width: 2 } .strong { stroke-width: 3.5 } .dashed { stroke-dasharray: 5 4 }
.grid { stroke-width: 1 } .bar { opacity: 0.85 } .on { fill: #ffffff }
.kept { fill: none; stroke-width: 2; stroke-dasharray: 6 4 }`;

const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const round = (value) => Number(value.toFixed(1));

function frame({ title, subtitle, height, label = '' }, body) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>`,
    `<text class="text title" x="20" y="28">${escape(title)}</text>`,
    `<text class="faint" x="20" y="47">${escape(subtitle)}</text>`,
    `<text class="faint" text-anchor="end" x="${WIDTH - 20}" y="28">${escape(label)}</text>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

/** Keeps a figure in docs/figures. */
export function saveFigure(name, svg) {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path.join(FOLDER, `${name}.svg`), svg);
}

const linear = (low, high, from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);
const logarithmic = (low, high, from, to) => {
  const scale = linear(Math.log10(low), Math.log10(high), from, to);
  return (value) => scale(Math.log10(value));
};

/** Keeps names at the right end apart. */
function spread(places, gap) {
  const order = places.map((y, at) => ({ y, at })).sort((a, b) => a.y - b.y);
  for (let place = 1; place < order.length; place += 1) {
    order[place].y = Math.max(order[place].y, order[place - 1].y + gap);
  }
  const result = [];
  for (const { y, at } of order) result[at] = y;
  return result;
}

/**
 * Lines: `{ title, subtitle, x: { from, to, ticks, label, log? }, y: the same, series: [{ name, points, color, strong?, dashed? }] }`.
 */
export function lines({ title, subtitle, label, x, y, series, height = 420 }) {
  const right = WIDTH - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const across = (x.log ? logarithmic : linear)(x.from, x.to, MARGIN.left, right);
  const up = (y.log ? logarithmic : linear)(y.from, y.to, bottom, MARGIN.top + 22);
  const grid = [
    ...x.ticks.flatMap((tick) => [
      `<line class="grid" x1="${round(across(tick))}" x2="${round(across(tick))}" y1="${MARGIN.top + 22}" y2="${bottom}"/>`,
      `<text class="faint" text-anchor="middle" x="${round(across(tick))}" y="${bottom + 18}">${tick.toLocaleString('en-US')}</text>`,
    ]),
    ...y.ticks.flatMap((tick) => [
      `<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${round(up(tick))}" y2="${round(up(tick))}"/>`,
      `<text class="faint" text-anchor="end" x="${MARGIN.left - 8}" y="${round(up(tick) + 4)}">${tick.toLocaleString('en-US')}</text>`,
    ]),
    `<text class="faint" text-anchor="middle" x="${(MARGIN.left + right) / 2}" y="${height - 10}">${escape(x.label)}</text>`,
    `<text class="faint" x="20" y="${MARGIN.top + 8}">${escape(y.label)}</text>`,
  ];
  const ends = spread(
    series.map(({ points }) => up(points[points.length - 1][1])),
    16,
  );
  const drawn = series.flatMap(({ name, points, color, strong, dashed }, at) => {
    const track = points.map(([px, py]) => `${round(across(px))},${round(up(py))}`).join(' ');
    const kind = `line${strong ? ' strong' : ''}${dashed ? ' dashed' : ''}`;
    return [
      `<g class="c${color}"><polyline class="${kind}" points="${track}"/>`,
      `<text class="name" x="${right + 8}" y="${round(ends[at] + 4)}">${escape(name)}</text></g>`,
    ];
  });
  return frame({ title, subtitle, height, label }, [...grid, ...drawn]);
}

/** Marks along rows: `{ title, subtitle, x, rows: [{ name, marks: [value by series], note }], series: [{ name, color }] }`. */
export function marks({ title, subtitle, label, x, rows, series }) {
  const step = 26;
  const top = MARGIN.top + 34;
  const height = top + rows.length * step + 44;
  const left = 120;
  const right = WIDTH - 90;
  const across = linear(x.from, x.to, left, right);
  const bottom = height - 40;
  const grid = x.ticks.flatMap((tick) => [
    `<line class="grid" x1="${round(across(tick))}" x2="${round(across(tick))}" y1="${top - 12}" y2="${bottom}"/>`,
    `<text class="faint" text-anchor="middle" x="${round(across(tick))}" y="${bottom + 16}">${tick}</text>`,
  ]);
  let next = left;
  const legend = series.flatMap(({ name, color }) => {
    const at = next;
    next += 30 + name.length * 7.2;
    return [
      `<g class="c${color}"><circle class="mark" cx="${at}" cy="${MARGIN.top + 6}" r="5"/>`,
      `<text class="name" x="${at + 10}" y="${MARGIN.top + 10}">${escape(name)}</text></g>`,
    ];
  });
  const drawn = rows.flatMap((row, place) => {
    const y = top + place * step + 6;
    const known = row.marks.filter((value) => value !== undefined);
    return [
      `<text class="text" text-anchor="end" x="${left - 12}" y="${y + 4}">${escape(row.name)}</text>`,
      `<line class="grid" x1="${round(across(Math.min(...known)))}" x2="${round(across(Math.max(...known)))}" y1="${y}" y2="${y}"/>`,
      ...row.marks.flatMap((value, at) =>
        value === undefined
          ? []
          : [`<g class="c${series[at].color}"><circle class="mark" cx="${round(across(value))}" cy="${y}" r="5"/></g>`],
      ),
      `<text class="faint" x="${right + 12}" y="${y + 4}">${escape(row.note ?? '')}</text>`,
    ];
  });
  const axis = `<text class="faint" text-anchor="middle" x="${(left + right) / 2}" y="${height - 6}">${escape(x.label)}</text>`;
  return frame({ title, subtitle, height, label }, [...grid, axis, ...legend, ...drawn]);
}

const LANE = 20;

/** Segments of one job on neighbouring lanes as one block. */
function blocksOf(segments, laneOf) {
  const blocks = [];
  const sorted = [...segments].sort((a, b) => laneOf(a) - laneOf(b) || a.from - b.from);
  for (const one of sorted) {
    const lane = laneOf(one);
    const above = blocks.find(
      ({ name, from, to, last }) => name === one.name && from === one.from && to === one.to && last === lane - 1,
    );
    if (above) above.last = lane;
    else blocks.push({ ...one, first: lane, last: lane });
  }
  return blocks;
}

/**
 * Who runs on which GPU and when: `{ title, subtitle, nodes: [{ name, gpus }], until (minutes), ticks, segments: [{ name,
 * nodeId, gpu, from, to }], colorOf(name), arrivals: [{ name, at }], kept: [{ nodeId, from, to, name }], notes: [text] }`.
 */
export function gantt({
  title,
  subtitle,
  nodes,
  until,
  ticks,
  segments,
  colorOf,
  arrivals = [],
  kept = [],
  notes = [],
}) {
  const left = 76;
  const right = WIDTH - 36;
  const top = MARGIN.top + 34;
  const firstLane = new Map();
  let lanes = 0;
  for (const { name, gpus } of nodes) {
    firstLane.set(name, lanes);
    lanes += gpus;
  }
  const bottom = top + lanes * LANE;
  const height = bottom + 46 + notes.length * 18;
  const across = linear(0, until, left, right);
  const grid = ticks.flatMap((tick) => [
    `<line class="grid" x1="${round(across(tick))}" x2="${round(across(tick))}" y1="${top}" y2="${bottom}"/>`,
    `<text class="faint" text-anchor="middle" x="${round(across(tick))}" y="${bottom + 18}">${tick} min</text>`,
  ]);
  const names = nodes.flatMap(({ name, gpus }) =>
    Array.from(
      { length: gpus },
      (_, gpu) =>
        `<text class="faint" text-anchor="end" x="${left - 8}" y="${top + (firstLane.get(name) + gpu) * LANE + 15}">GPU ${gpu}</text>`,
    ),
  );
  const drawn = blocksOf(segments, ({ nodeId, gpu }) => firstLane.get(nodeId) + gpu).flatMap((block) => {
    const [x, y] = [across(block.from), top + block.first * LANE];
    const [w, h] = [across(block.to) - x, (block.last - block.first + 1) * LANE];
    return [
      `<g class="c${colorOf(block.name)}"><rect class="bar" x="${round(x + 1)}" y="${y + 1}" width="${round(w - 2)}" height="${h - 2}" rx="3"/></g>`,
      `<text class="on" x="${round(x + 8)}" y="${y + h / 2 + 4}">${escape(w > 12 + block.name.length * 7 ? block.name : '')}</text>`,
    ];
  });
  const room = kept.flatMap(({ nodeId, from, to, name }) => {
    const { gpus } = nodes.find((node) => node.name === nodeId);
    const y = top + firstLane.get(nodeId) * LANE;
    return [
      `<g class="c3"><rect class="kept" x="${round(across(from))}" y="${y}" width="${round(across(to) - across(from))}" height="${gpus * LANE}"/>`,
      `<text class="name" x="${round(across(to) + 6)}" y="${bottom - 6}">${escape(name)}</text></g>`,
    ];
  });
  const asked = arrivals.map(
    ({ name, at }, place) =>
      `<g class="c${colorOf(name)}"><text class="name" x="${round(across(at))}" y="${top - 6 - (place % 2) * 15}">▾ ${escape(name)}</text></g>`,
  );
  const said = notes.map(
    (text, at) => `<text class="faint" x="20" y="${bottom + 42 + at * 18}">${escape(text)}</text>`,
  );
  return frame({ title, subtitle, height, label: 'simulated' }, [
    ...grid,
    ...names,
    ...drawn,
    ...room,
    ...asked,
    ...said,
  ]);
}
