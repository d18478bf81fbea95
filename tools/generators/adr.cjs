'use strict';
const { create, read } = require('./tree.cjs');

const FOLDER = 'docs/adr';

const page = ({ number, title, by, date }) => `# ${number}. ${title}

| Date | Status | By | Supersedes |
| --- | --- | --- | --- |
| ${date} | Proposed | ${by} | none |

## Context
What makes a decision necessary, and what would happen without one.

## Decision
One decision, in the present tense.

## Consequences
+ What becomes better.
- What it costs.

## Alternatives
What else was possible, and why it was not taken.
`;

/** A decision record with the next number, listed in the index. */
module.exports = async function adr(tree, { name, by = 'platform', date }) {
  const title = name.trim().replace(/\.$/, '');
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  if (slug === '') throw new Error('a decision needs a name, such as "refusals are values"');
  const numbers = tree.children(FOLDER).map((file) => Number(/^(\d{4})-/.exec(file)?.[1] ?? 0));
  const number = String(Math.max(0, ...numbers) + 1).padStart(4, '0');
  const today = date ?? new Date().toISOString().slice(0, 10);
  create(tree, `${FOLDER}/${number}-${slug}.md`, page({ number, title, by, date: today }));
  const index = read(tree, `${FOLDER}/README.md`).trimEnd();
  tree.write(`${FOLDER}/README.md`, `${index}\n- [${number}. ${title}](${number}-${slug}.md)\n`);
};
