'use strict';
/** Small steps on the tree of files that Nx gives a generator. Each refuses rather than overwrites. */

const read = (tree, file) => {
  const text = tree.read(file, 'utf-8');
  if (text === null) throw new Error(`${file} does not exist`);
  return text;
};

const create = (tree, file, text) => {
  if (tree.exists(file)) throw new Error(`${file} exists already`);
  tree.write(file, text);
};

/** Adds a line among its like, kept in order; a line that is there stays as it is. */
function addSortedLine(tree, file, line) {
  const lines = tree.exists(file) ? read(tree, file).split('\n').filter(Boolean) : [];
  if (!lines.includes(line)) tree.write(file, `${[...lines, line].sort().join('\n')}\n`);
}

/** Changes a text by one replacement that must take place. */
function replaceOnce(tree, file, pattern, replacement) {
  const before = read(tree, file);
  const after = before.replace(pattern, replacement);
  if (after === before) throw new Error(`${file} has no place for it: ${pattern} was not found`);
  tree.write(file, after);
}

/** Changes a JSON file. */
function updateJson(tree, file, change) {
  const value = JSON.parse(read(tree, file));
  change(value);
  tree.write(file, `${JSON.stringify(value, null, 2)}\n`);
}

module.exports = { addSortedLine, create, read, replaceOnce, updateJson };
