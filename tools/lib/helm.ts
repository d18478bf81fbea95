/** Helm templates as far as they can be judged without rendering them. */

/** Every action between braces, trimmed. Comments are left out. */
export const actionsOf = (template: string): readonly string[] =>
  [...template.matchAll(/\{\{-?\s*([\s\S]*?)\s*-?\}\}/g)]
    .map(([, action]) => action ?? '')
    .filter((action) => !action.startsWith('/*'));

/** How many blocks are left open at the end; negative where one ends that was never begun. */
export function openBlocks(template: string): number {
  let open = 0;
  for (const action of actionsOf(template)) {
    if (/^(if|range|with|define|block)\b/.test(action)) open += 1;
    if (action === 'end') open -= 1;
    if (open < 0) return open;
  }
  return open;
}

/** Paths of values that a template reads, such as `image.tag`. */
export const valuesReadBy = (template: string): readonly string[] =>
  actionsOf(template).flatMap((action) =>
    [...action.matchAll(/\.Values\.([a-zA-Z.]+)/g)].map(([, path]) => path ?? ''),
  );

/** Names of templates that are defined, and that are included. */
export const definedBy = (template: string): readonly string[] =>
  actionsOf(template).flatMap((action) => /^define "([^"]+)"/.exec(action)?.[1] ?? []);
export const includedBy = (template: string): readonly string[] =>
  actionsOf(template).flatMap((action) => [...action.matchAll(/include "([^"]+)"/g)].map(([, name]) => name ?? ''));

/**
 * The template as YAML: lines of control only are dropped, blocks of labels become one label, other actions a word.
 * What is left has the structure that every rendering has.
 */
export const skeletonOf = (template: string): string =>
  template
    .split('\n')
    .filter((line) => !/^\s*\{\{-?\s*(if|else|end|range|with|define|\$\w+ :=|\/\*).*\}\}\s*$/.test(line))
    .map((line) =>
      line.replace(
        /^(\s*)\{\{-.*n?indent (\d+).*\}\}\s*$/,
        (_, __, n: string) => `${' '.repeat(Number(n))}rendered: word`,
      ),
    )
    .map((line) => line.replace(/"?\{\{-?[^}]*\}\}[^"\s\],]*(?:\{\{-?[^}]*\}\}[^"\s\],]*)*"?/g, 'word'))
    .join('\n');
