'use strict';
/**
 * Is there an order of these operations, each taking effect at one instant between its call and its return, that a
 * single stream could have answered? The search of Wing and Gong (1993) with Lowe's memory of states already tried
 * (2017): an operation may come next only if none that is left had returned before it was called.
 *
 * The state of the stream is how many events it holds, because its final contents are known and nothing is ever removed.
 */

/**
 * @typedef {object} Operation
 * @property {number} called instant of the call
 * @property {number} returned instant of the answer; Infinity when none came
 * @property {'append' | 'read'} kind
 * @property {string} [id] of an append: its event
 * @property {number} [expected] of an append: the revision it expected, -1 for no stream
 * @property {{ revision: number } | { current: number } | undefined} [answer] of an append: where it was written, or where
 *   the stream was instead; undefined when nothing is known
 * @property {number} [last] of a read: the last revision it saw, -1 for none
 */

/** The state after an operation, or undefined when the stream could not have answered so in this state. */
function step(operation, size, final) {
  if (operation.kind === 'read') return operation.last === size - 1 ? size : undefined;
  const { id, expected, answer } = operation;
  const at = expected + 1;
  const written = at < size && final[at] === id;
  if (answer !== undefined && 'current' in answer) {
    return !written && expected !== size - 1 && answer.current === size - 1 ? size : undefined;
  }
  if (answer !== undefined && answer.revision !== at) return undefined;
  if (written) return size;
  return at === size && final[at] === id ? size + 1 : undefined;
}

/**
 * @param {readonly Operation[]} history operations on one stream
 * @param {readonly string[]} final ids of the stream's events in the end, by revision
 * @returns {boolean}
 */
function isLinearizable(history, final) {
  const places = new Map(final.map((id, index) => [id, index]));
  // An append without an answer happened if its event is there, and did not if it is not: no need to try both.
  const known = history.filter(
    (operation) => operation.answer !== undefined || operation.kind === 'read' || places.has(operation.id),
  );
  const operations = known.sort((one, other) => one.called - other.called);
  const done = new Uint8Array(operations.length);
  const tried = new Set();
  const stack = [{ size: 0, first: 0, left: operations.length, next: undefined, applied: -1 }];
  while (stack.length > 0) {
    const frame = stack[stack.length - 1];
    if (frame.left === 0) return true;
    frame.next ??= candidates(operations, done, frame.first);
    const index = frame.next.shift();
    if (index === undefined) {
      stack.pop();
      if (frame.applied >= 0) done[frame.applied] = 0;
      continue;
    }
    const size = step(operations[index], frame.size, final);
    if (size === undefined) continue;
    done[index] = 1;
    let first = frame.first;
    while (done[first] === 1) first += 1;
    const key = `${size}:${first}:${open(operations, done, first)}`;
    if (tried.has(key)) done[index] = 0;
    else {
      tried.add(key);
      stack.push({ size, first, left: frame.left - 1, next: undefined, applied: index });
    }
  }
  return false;
}

/** Operations that may come next: called before any other that is left has returned. */
function candidates(operations, done, first) {
  let earliest = Infinity;
  const found = [];
  for (let index = first; index < operations.length && operations[index].called <= earliest; index += 1) {
    if (done[index] === 1) continue;
    found.push(index);
    earliest = Math.min(earliest, operations[index].returned);
  }
  return found.filter((index) => operations[index].called <= earliest);
}

/** Which of the operations after the first open one are done: with it, the whole set. */
function open(operations, done, first) {
  const set = [];
  for (let index = first; index < operations.length; index += 1) if (done[index] === 1) set.push(index);
  return set.join();
}

module.exports = { isLinearizable };
