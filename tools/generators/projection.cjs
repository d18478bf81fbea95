'use strict';
const { eventNames, viewNames } = require('./names.cjs');
const { create, read } = require('./tree.cjs');

/** The imports of the events' contracts, one line for each context. */
function importsOf(events) {
  const contexts = [...new Set(events.map(({ context }) => context))].sort();
  const constantsOf = (context) => events.filter((event) => event.context === context).map(({ constant }) => constant);
  return contexts.map(
    (context) => `import type { ${constantsOf(context).sort().join(', ')} } from '@solyx/contracts/${context}';`,
  );
}

const source = ({ Row, constant, table }, events, id) => `${importsOf(events).join('\n')}
import { defineProjection } from '@solyx/eventing';

type ${Row}Event = ${events.map((event) => event.constant).join(' | ')};

export interface ${Row} {
  readonly ${id}: string;
  readonly changedAt: string;
}

/** Which question does this view answer, and how late may the answer be? */
export const ${constant} = defineProjection<${Row}Event, ${Row}>({
  name: '${table}',
  version: 1, // Raise it to rebuild beside the old table, then switch.
  key: ({ data }) => data.${id},
  initial: { ${id}: '', changedAt: '' },
  on: {
${events.map(({ type }) => `    '${type}': (row, { ${id}, at }) => ({ ...row, ${id}, changedAt: at }),`).join('\n')}
  },
});
`;

/** A view with one fold for each event; which of the events' members it keeps is yours to say. */
module.exports = async function projection(tree, { name, events }) {
  const names = viewNames(name);
  const folded = events.split(',').map((type) => eventNames(type.trim()));
  for (const { contracts, folder, fact } of folded) read(tree, `${contracts}/${folder}/${fact}.event.ts`);
  const text = source(names, folded, `${folded[0].aggregate}Id`);
  create(tree, `apps/${names.service}/src/application/${names.view}.projection.ts`, text);
};
