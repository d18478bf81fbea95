/**
 * Solves covering programs in a thread of its own: WebAssembly does not yield, and the event loop has heartbeats to
 * answer. Plain JavaScript, so that a worker can load it where the sources are run and where the build is.
 *
 * In: { id, program: { atLeast, columns } }. Out: { id, objective, duals }, { id } where there is no best answer, or
 * { id, error }.
 */
const { parentPort } = require('node:worker_threads');
const loadHighs = require('highs');

const loading = loadHighs();

function solve(highs, { atLeast, columns }) {
  const starts = [0];
  const indices = [];
  const values = [];
  for (const { gives } of columns) {
    gives.forEach((amount, row) => {
      if (amount === 0) return;
      indices.push(row);
      values.push(amount);
    });
    starts.push(indices.length);
  }
  const model = {
    numCols: columns.length,
    numRows: atLeast.length,
    colCost: columns.map(({ cost }) => cost),
    colLower: columns.map(() => 0),
    colUpper: columns.map(() => highs.infinity),
    rowLower: atLeast,
    rowUpper: atLeast.map(() => highs.infinity),
    matrix: { format: 'csc', numRows: atLeast.length, numCols: columns.length, starts, indices, values },
  };
  return highs.withModel(model, (made) => {
    made.options.set({ output_flag: false, solver: 'simplex' });
    made.run();
    if (made.getModelStatus() !== highs.constants.modelStatus.optimal) return {};
    return { objective: made.getObjectiveValue(), duals: Array.from(made.getSolution().rowDual) };
  });
}

parentPort.on('message', async ({ id, program }) => {
  try {
    parentPort.postMessage({ id, ...solve(await loading, program) });
  } catch (error) {
    parentPort.postMessage({ id, error: String(error?.message ?? error) });
  }
});
