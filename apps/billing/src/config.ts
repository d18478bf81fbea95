import { file, readConfig } from '@solyx/platform';

export const config = readConfig(
  'billing',
  { pricesFile: file({ optional: true, about: 'Price list (JSON); the built-in one where left out.' }) },
  process.env,
);
