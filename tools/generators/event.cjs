'use strict';
const { eventNames } = require('./names.cjs');
const { addSortedLine, create } = require('./tree.cjs');

const source = ({ type, constant, aggregate }) => `import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ${constant}V1 {
  @IsString()
  @Length(1, 128)
  readonly ${aggregate}Id!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Say here what is true from now on, and until when. */
export const ${constant} = defineEvent('${type}', 1, ${constant}V1);
export type ${constant} = EventOf<typeof ${constant}>;
`;

/** A published event: its contract, its place in the index, and the golden file that must read for ever. */
module.exports = async function event(tree, { name }) {
  const names = eventNames(name);
  const index = `${names.contracts}/index.ts`;
  if (!tree.exists(index)) throw new Error(`there is no context ${names.context}: generate the service first`);
  create(tree, `${names.contracts}/${names.folder}/${names.fact}.event.ts`, source(names));
  addSortedLine(tree, index, `export * from './${names.folder}/${names.fact}.event';`);
  const data = { [`${names.aggregate}Id`]: `${names.aggregate}-1`, at: '2026-01-01T00:00:00.000Z' };
  create(tree, `libs/contracts/golden/${names.type}.v1.json`, `${JSON.stringify(data, null, 2)}\n`);
};
