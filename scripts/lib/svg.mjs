/**
 * Draws the few kinds of figures that benches put into `docs/figures`: lines over a number, and bars. The same figures
 * give the same bytes, so that a figure changes in Git only when what it shows did.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FIGURES = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../docs/figures');
const [WIDTH, HEIGHT] = [760, 400];
const AREA = { left: 70, right: 20, top: 56, bottom: 56 };
const COLOURS = ['#0b6e99', '#c2410c', '#4d7c0f', '#7e22ce', '#b45309', '#475569', '#be123c', '#0f766e'];
const INNER = { width: WIDTH - AREA.left - AREA.right, height: HEIGHT - AREA.top - AREA.bottom };

const escape = (text) => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const round = (value) => Number(value.toFixed(2));
const label = (value) => Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 4 });

const text = (x, y, words, more = '') =>
  `<text x="${round(x)}" y="${round(y)}" font-size="12" ${more}>${escape(words)}</text>`;

/** Round numbers between two, about five. */
function ticks(low, high) {
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough);
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step + 1e-9) + 1 }, (_, place) => first + place * step);
}

const frame = ({ title, note }, body) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(AREA.left, 22, title, 'font-weight="600" fill="#0f172a"'),
    ...(note === undefined ? [] : [text(AREA.left, 40, note, 'fill="#475569"')]),
    ...body,
    '</svg>',
    '',
  ].join('\n');

/** Grid and numbers of the upright axis. */
const upright = (low, high, y, unit) => [
  ...ticks(low, high).flatMap((value) => [
    `<line x1="${AREA.left}" x2="${WIDTH - AREA.right}" y1="${round(y(value))}" y2="${round(y(value))}" stroke="#e2e8f0"/>`,
    text(AREA.left - 8, y(value) + 4, label(value), 'text-anchor="end" fill="#475569"'),
  ]),
  text(
    14,
    AREA.top + INNER.height / 2,
    unit,
    `text-anchor="middle" fill="#475569" transform="rotate(-90 14 ${AREA.top + INNER.height / 2})"`,
  ),
];

/**
 * @param {{ title: string, note?: string, x: string, y: string, yFrom?: number, series: { name: string, points: [number, number][] }[] }} figure
 */
export function lines({ title, note, x, y, yFrom, series }) {
  const all = series.flatMap(({ points }) => points);
  const [left, right] = [Math.min(...all.map(([at]) => at)), Math.max(...all.map(([at]) => at))];
  const values = all.map(([, value]) => value);
  const [low, high] = [yFrom ?? Math.min(0, ...values), Math.max(...values)];
  const atX = (value) => AREA.left + ((value - left) / (right - left || 1)) * INNER.width;
  const atY = (value) => AREA.top + INNER.height - ((value - low) / (high - low || 1)) * INNER.height;
  const body = [
    ...upright(low, high, atY, y),
    ...ticks(left, right).map((value) =>
      text(atX(value), HEIGHT - AREA.bottom + 18, label(value), 'text-anchor="middle" fill="#475569"'),
    ),
    text(AREA.left + INNER.width / 2, HEIGHT - 14, x, 'text-anchor="middle" fill="#475569"'),
    ...series.flatMap(({ name, points }, place) => {
      const colour = COLOURS[place % COLOURS.length];
      const inside = points.filter(([, value]) => value >= low);
      const line = inside.map(([at, value]) => `${round(atX(at))},${round(atY(value))}`).join(' ');
      return [
        `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        `<rect x="${WIDTH - AREA.right - 190}" y="${AREA.top + 8 + place * 18}" width="12" height="12" fill="${colour}"/>`,
        text(WIDTH - AREA.right - 172, AREA.top + 18 + place * 18, name, 'fill="#0f172a"'),
      ];
    }),
  ];
  return frame({ title, note }, body);
}

/**
 * Bars that lie, one under the other, each with its number; `ours` marks those of Solyx.
 * @param {{ title: string, note?: string, unit: string, bars: { name: string, value: number, ours?: boolean }[] }} figure
 */
export function bars({ title, note, unit, bars: rows }) {
  const most = Math.max(...rows.map(({ value }) => value), 1e-9);
  const begin = 210;
  const height = Math.min(30, INNER.height / rows.length);
  const body = rows.flatMap(({ name, value, ours }, place) => {
    const y = AREA.top + place * height;
    const width = (Math.max(0, value) / most) * (WIDTH - begin - 110);
    return [
      text(begin - 8, y + height * 0.65, name, `text-anchor="end" fill="#0f172a"${ours ? ' font-weight="600"' : ''}`),
      `<rect x="${begin}" y="${round(y + 3)}" width="${round(width)}" height="${round(height - 8)}" fill="${ours ? COLOURS[0] : '#94a3b8'}"/>`,
      text(begin + width + 6, y + height * 0.65, `${label(value)} ${unit}`, 'fill="#0f172a"'),
    ];
  });
  return frame({ title, note }, body);
}

/** Dots with names: two measures of each thing. */
export function dots({ title, note, x, y, points }) {
  const reach = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const air = (high - low || 1) * 0.12;
    return [Math.max(0, low - air), high + air];
  };
  const [left, right] = reach(points.map(([, at]) => at));
  const [low, high] = reach(points.map(([, , value]) => value));
  const atX = (value) => AREA.left + ((value - left) / (right - left)) * INNER.width;
  const atY = (value) => AREA.top + INNER.height - ((value - low) / (high - low)) * INNER.height;
  const body = [
    ...upright(low, high, atY, y),
    ...ticks(left, right).map((value) =>
      text(atX(value), HEIGHT - AREA.bottom + 18, label(value), 'text-anchor="middle" fill="#475569"'),
    ),
    text(AREA.left + INNER.width / 2, HEIGHT - 14, x, 'text-anchor="middle" fill="#475569"'),
    ...points.flatMap(([name, at, value, ours]) => [
      `<circle cx="${round(atX(at))}" cy="${round(atY(value))}" r="${ours ? 7 : 5}" fill="${ours ? COLOURS[0] : '#94a3b8'}"/>`,
      text(atX(at) + 9, atY(value) + 4, name, `fill="#0f172a"${ours ? ' font-weight="600"' : ''}`),
    ]),
  ];
  return frame({ title, note }, body);
}

/** Puts a figure into `docs/figures`. */
export function saveFigure(name, svg) {
  mkdirSync(FIGURES, { recursive: true });
  writeFileSync(path.join(FIGURES, `${name}.svg`), svg);
}
