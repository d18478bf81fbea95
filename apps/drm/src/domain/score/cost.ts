import type { Opinion } from './opinion';

/** What the place costs us per hour of the work, in owned GPU-hours; nothing where no currency is in force. */
export const cost: Opinion = {
  term: 'cost',
  of: 'fixed',
  value: (_node, _ask, suited) => (suited.cost === undefined ? 0 : 0 - suited.cost.microGpu),
};
