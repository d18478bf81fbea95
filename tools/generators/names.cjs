'use strict';
/** One string is chosen; every other name is derived from it, so that they cannot disagree. */

const kebab = (word) => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const pascal = (word) => word.replace(/(^|[-_ ])([a-z0-9])/g, (_, __, letter) => letter.toUpperCase());

const EVENT = /^([a-z]+)\.([a-z][a-zA-Z]*)\.([a-z0-9]+(?:-[a-z0-9]+)*)$/;

/** Names around an event type: a fact of one word needs its aggregate to be understood, a longer one does not. */
function eventNames(type) {
  const [, context, aggregate, fact] = EVENT.exec(type) ?? [];
  if (!fact) throw new Error(`'${type}' is not <context>.<aggregate>.<fact>, such as drm.node.power-lost`);
  const constant = fact.includes('-') ? pascal(fact) : `${pascal(aggregate)}${pascal(fact)}`;
  return {
    type,
    context,
    aggregate,
    fact,
    constant,
    folder: kebab(aggregate),
    contracts: `libs/contracts/src/${context}`,
  };
}

/** Names around an aggregate. No dash, because the store cuts a stream's category at the first one. */
function aggregateNames(name) {
  const [, service, aggregate] = /^([a-z]+)\.([a-z][a-zA-Z]*)$/.exec(name) ?? [];
  if (!aggregate) throw new Error(`'${name}' is not <service>.<aggregate> in camelCase, such as drm.rackUnit`);
  return { name, service, aggregate, Aggregate: pascal(aggregate), file: kebab(aggregate), id: `${aggregate}Id` };
}

/** Names around a view. */
function viewNames(name) {
  const [, service, view] = /^([a-z]+)\.([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(name) ?? [];
  if (!view) throw new Error(`'${name}' is not <service>.<noun-phrase>, such as drm.rack-list`);
  const Row = pascal(view);
  return {
    service,
    view,
    Row,
    constant: Row[0].toLowerCase() + Row.slice(1),
    table: `${service}_${view.replace(/-/g, '_')}`,
  };
}

module.exports = { aggregateNames, eventNames, kebab, pascal, viewNames };
