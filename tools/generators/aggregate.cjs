'use strict';
const { aggregateNames, eventNames } = require('./names.cjs');
const event = require('./event.cjs');
const { create } = require('./tree.cjs');

const domain = (
  { name, service, aggregate, Aggregate },
  constant,
) => `import { accept, type Command, type Decider } from '@solyx/kernel';
import { ${constant} } from '@solyx/contracts/${service}';

export type ${Aggregate}Command = Command<'Register${Aggregate}', ${constant}['data']>;
export type ${Aggregate}Event = ${constant};
/** Why a command may be refused; \`never\` until the first rule. */
export type ${Aggregate}Refusal = never;

export interface ${Aggregate} {
  readonly phase: 'Unknown' | 'Registered';
}

export const ${aggregate}Decider: Decider<${Aggregate}Command, ${Aggregate}, ${Aggregate}Event, ${Aggregate}Refusal> = {
  name: '${name}',
  initial: { phase: 'Unknown' },

  decide({ type, data }, ${aggregate}) {
    switch (type) {
      case 'Register${Aggregate}':
        return ${aggregate}.phase === 'Unknown' ? accept(${constant}(data)) : accept();
    }
  },

  evolve(${aggregate}, { type }) {
    switch (type) {
      case '${service}.${aggregate}.registered':
        return { ...${aggregate}, phase: 'Registered' };
    }
  },
};
`;

const spec = ({ service, aggregate, Aggregate, id, file }, constant) => `import fc from 'fast-check';
import { ${constant} } from '@solyx/contracts/${service}';
import { given, replay } from '@solyx/testing';
import { ${aggregate}Decider, type ${Aggregate}Command } from './${file}';

const one = { ${id}: '${aggregate}-1', at: '2026-01-01T00:00:00.000Z' };
const register: ${Aggregate}Command = { type: 'Register${Aggregate}', data: one };
const past = given(${aggregate}Decider);

describe('${Aggregate}', () => {
  it('is registered', () => past().when(register).then(${constant}(one)));
  it('answers a duplicate with nothing', () => past(${constant}(one)).when(register).thenNothing());

  it('is registered once, however often it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.constant(register)), (commands) => {
        expect(replay(${aggregate}Decider, commands).events.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
`;

/** A decider, the specification beside it, and the event that begins its life. */
module.exports = async function aggregate(tree, { name }) {
  const names = aggregateNames(name);
  const registered = eventNames(`${name}.registered`);
  if (!tree.exists(`apps/${names.service}/package.json`)) throw new Error(`there is no service ${names.service}`);
  const first = `${registered.contracts}/${registered.folder}/registered.event.ts`;
  if (!tree.exists(first)) await event(tree, { name: registered.type });
  create(tree, `apps/${names.service}/src/domain/${names.file}.ts`, domain(names, registered.constant));
  create(tree, `apps/${names.service}/src/domain/${names.file}.spec.ts`, spec(names, registered.constant));
};
