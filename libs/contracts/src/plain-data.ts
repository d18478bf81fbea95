/** Names that reach the prototype of an object; validators skip them, so they are refused before. */
const HIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const DEPTH_MAX = 16;

/** What makes a value unfit to be an event's data, before its fields are looked at; undefined where nothing does. */
export function faultOfPlainData(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return 'the data must be an object';
  return faultWithin(data, 1);
}

function faultWithin(value: object, depth: number): string | undefined {
  if (depth > DEPTH_MAX) return `the data must not be nested deeper than ${DEPTH_MAX}`;
  for (const [name, member] of Object.entries(value)) {
    if (HIDDEN.has(name)) return `property ${name} should not exist`;
    const fault = typeof member === 'object' && member !== null ? faultWithin(member as object, depth + 1) : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}
