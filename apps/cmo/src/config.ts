import { readConfig } from '@solyx/platform';

/** cmo needs no settings of its own beside those that every service has. */
export const config = readConfig('cmo', {}, process.env);
