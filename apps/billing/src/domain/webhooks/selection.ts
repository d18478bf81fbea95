/**
 * Does a glob choose this public type? `*` chooses all, `invoice.*` what begins with `invoice.`, anything else itself.
 */
export const globMatches = (glob: string, type: string): boolean =>
  glob === '*' || glob === type || (glob.endsWith('.*') && type.startsWith(glob.slice(0, -1)));

export const isChosen = (globs: readonly string[], type: string): boolean =>
  globs.some((glob) => globMatches(glob, type));

/** The first glob that chooses nothing of what there is; undefined where each chooses something. */
export const uselessGlob = (globs: readonly string[], known: readonly string[]): string | undefined =>
  globs.find((glob) => !known.some((type) => globMatches(glob, type)));
