import type { ValidationError } from 'class-validator';

/** The first fault, as a path and a sentence: `spec.resources.gpus must not be less than 0`. */
export function describeFault(errors: readonly ValidationError[], path = ''): string {
  const [error] = errors;
  if (!error) return 'not of the right shape';
  const here = path === '' ? error.property : `${path}.${error.property}`;
  if (error.children && error.children.length > 0) return describeFault(error.children, here);
  const [message = 'is not valid'] = Object.values(error.constraints ?? {});
  return message.replace(error.property, here);
}
